/** What every SessionStore keeps to. Run by stores.test.ts, and over the in-memory one of tests. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintId } from '../../src/core/model/ids.ts';
import type { LeaseStore, SessionStore } from '../../src/core/ports/session-store.ts';
import {
  accepted,
  ANN,
  createSession,
  event,
  makePermission,
  makePrompt,
  makeSession,
  messageOf,
  NASTY_TEXT,
  newHolder,
  nextTime,
  queuePrompt,
} from './stores.values.ts';

export interface SessionStoreUnderTest {
  readonly sessions: SessionStore;
  readonly leases: LeaseStore;
  close(): Promise<void>;
}

export function describeSessionStore(
  name: string,
  makeStore: () => Promise<SessionStoreUnderTest>,
): void {
  describe(`SessionStore over ${name}`, () => {
    let store: SessionStoreUnderTest;
    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store.close());
    const get = (): SessionStoreUnderTest => store;
    describe('log', () => logTests(get));
    describe('fence', () => fenceTests(get));
    describe('prompts', () => promptTests(get));
    describe('permissions', () => permissionTests(get));
    describe('sessions', () => sessionTests(get));
  });
}

function logTests(get: () => SessionStoreUnderTest): void {
  it('numbers the events of a session from 1 without gaps, in the order of the calls', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        sessions.commit({
          sessionId: id,
          events: [event(`${index}a`), event(`${index}b`)],
          at: index,
        }),
      ),
    );
    expect(results.flatMap((result) => accepted(result).events.map((e) => e.seq))).toEqual(
      Array.from({ length: 120 }, (_, index) => index + 1),
    );
    const log = await sessions.events(id, 0, 1000);
    expect(log.map(messageOf)).toEqual(
      Array.from({ length: 60 }, (_, index) => [`${index}a`, `${index}b`]).flat(),
    );
    expect((await sessions.session(id))?.lastSeq).toBe(120);
  });

  it('counts every session on its own', async () => {
    const { sessions } = get();
    const all = await Promise.all(Array.from({ length: 10 }, () => createSession(sessions)));
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const sessionId = all[index % 10]?.id ?? makeSession().id;
        return sessions.commit({ sessionId, events: [event(`${index}`)], at: index });
      }),
    );
    for (const [place, { id }] of all.entries()) {
      const log = await sessions.events(id, 0, 100);
      expect(log.map((e) => e.seq)).toEqual([1, 2, 3, 4, 5]);
      expect(log.map(messageOf)).toEqual([0, 10, 20, 30, 40].map((n) => `${n + place}`));
    }
  });

  it('gives back exactly what it reported when it was committed', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const { events } = accepted(
      await sessions.commit({ sessionId: id, events: [event('one'), event('two')], at: 77 }),
    );
    expect(events[0]).toEqual({ sessionId: id, seq: 1, at: 77, ...event('one') });
    expect(await sessions.events(id, 0, 10)).toEqual(events);
  });

  it('reads from a cursor, ascending, up to the limit', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    await sessions.commit({
      sessionId: id,
      events: Array.from({ length: 40 }, (_, index) => event(`${index}`)),
      at: 1,
    });
    const seqs = async (after: number, limit: number): Promise<number[]> =>
      (await sessions.events(id, after, limit)).map((e) => e.seq);
    expect(await seqs(0, 3)).toEqual([1, 2, 3]);
    expect(await seqs(17, 3)).toEqual([18, 19, 20]);
    expect(await seqs(38, 10)).toEqual([39, 40]);
    expect(await seqs(40, 10)).toEqual([]);
    expect(await sessions.events(makeSession().id, 0, 10)).toEqual([]);
  });

  it('refuses one commit of a group without touching the others or the numbers', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions, { state: 'idle' });
    const other = makeSession().id;
    const results = await Promise.all([
      sessions.commit({ sessionId: id, events: [event('1')], at: 1 }),
      sessions.commit({ sessionId: id, sessionIn: ['ended'], events: [event('x')], at: 1 }),
      sessions.commit({ sessionId: other, events: [event('x')], at: 1 }),
      sessions.commit({ sessionId: id, session: { state: 'running' }, events: [], at: 1 }),
      sessions.commit({ sessionId: id, sessionIn: ['idle'], events: [event('x')], at: 1 }),
      sessions.commit({ sessionId: id, sessionIn: ['running'], events: [event('2')], at: 1 }),
    ]);
    expect(results.map((result) => (result.ok ? 'ok' : result.reason))).toEqual([
      'ok',
      'stale',
      'not_found',
      'ok',
      'stale',
      'ok',
    ]);
    expect(results[1]).toMatchObject({ what: 'session', actual: 'idle' });
    expect(results[4]).toMatchObject({ what: 'session', actual: 'running' });
    expect((await sessions.events(id, 0, 10)).map(messageOf)).toEqual(['1', '2']);
  });

  it('writes everything of a commit or nothing', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions, { state: 'idle' });
    const running = await queuePrompt(sessions, id);
    const inserted = makePrompt(id);
    const permission = makePermission(id);
    const result = await sessions.commit({
      sessionId: id,
      session: { state: 'running', cwd: '/work' },
      insertPrompt: inserted,
      insertPermission: permission,
      prompts: [{ id: running, from: ['running'], state: 'done' }],
      events: [event('x')],
      at: 9,
    });
    expect(result).toMatchObject({ ok: false, reason: 'stale', what: 'prompt', actual: 'queued' });
    expect(await sessions.session(id)).toMatchObject({ state: 'idle', cwd: null, lastSeq: 0 });
    expect(await sessions.prompt(inserted.id)).toBeUndefined();
    expect(await sessions.permission(permission.id)).toBeUndefined();
    expect(await sessions.events(id, 0, 10)).toEqual([]);
  });

  it('keeps an event of a megabyte, and hundreds in one commit', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const long = '🙂x'.repeat(350_000);
    const many = Array.from({ length: 300 }, (_, index) => event(`${index}`));
    await sessions.commit({ sessionId: id, events: [event(long), ...many], at: 1 });
    const log = await sessions.events(id, 0, 1000);
    expect(log).toHaveLength(301);
    expect(log[0]?.json === event(long).json).toBe(true);
    expect(log[300]).toMatchObject({ seq: 301, json: many[299]?.json });
  });
}

function fenceTests(get: () => SessionStoreUnderTest): void {
  it('lets the holder of the lease write, and refuses a late writer', async () => {
    const { sessions, leases } = get();
    const { id } = await createSession(sessions);
    const [first, second] = [newHolder(), newHolder()];
    const write = async (epoch: number): Promise<string> => {
      const result = await sessions.commit({ sessionId: id, epoch, events: [event('x')], at: 1 });
      return result.ok ? 'ok' : result.reason;
    };
    expect(await write(1)).toBe('fenced');
    const old = (await leases.acquire(`session:${id}`, first, [])) ?? -1;
    expect(await write(old)).toBe('ok');
    const now = (await leases.acquire(`session:${id}`, second, [first])) ?? -1;
    expect(await write(old)).toBe('fenced');
    expect(await write(now)).toBe('ok');
    await leases.release(`session:${id}`, second, now);
    expect(await write(now)).toBe('fenced');
    expect((await sessions.session(id))?.lastSeq).toBe(2);
  });

  it('lets everybody write who names no epoch', async () => {
    const { sessions, leases } = get();
    const { id } = await createSession(sessions);
    await leases.acquire(`session:${id}`, newHolder(), []);
    const result = await sessions.commit({ sessionId: id, events: [event('x')], at: 1 });
    expect(result.ok).toBe(true);
  });
}

function promptTests(get: () => SessionStoreUnderTest): void {
  it('gives a prompt back as it was inserted, with its rank', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const prompt = makePrompt(id, {
      text: NASTY_TEXT,
      content: [{ type: 'text', text: NASTY_TEXT }],
      error: NASTY_TEXT,
    });
    await sessions.commit({ sessionId: id, insertPrompt: prompt, events: [], at: 1 });
    expect(await sessions.prompt(prompt.id)).toEqual({ ...prompt, rank: expect.any(Number) });
    expect(await sessions.prompt(mintId('p', 1))).toBeUndefined();
  });

  it('keeps a prompt of a megabyte', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const text = 'word '.repeat(210_000);
    const prompt = await queuePrompt(sessions, id, { text, content: [{ type: 'text', text }] });
    const stored = await sessions.prompt(prompt);
    expect(stored?.text === text).toBe(true);
  });

  it('lets exactly as many into the queue as the limit says, however many come at once', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const results = await Promise.all(
      Array.from({ length: 30 }, () =>
        sessions.commit({
          sessionId: id,
          insertPrompt: makePrompt(id),
          queueLimit: 20,
          events: [event('queued')],
          at: 1,
        }),
      ),
    );
    expect(results.filter((result) => result.ok).map((r) => accepted(r).queued)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(results.filter((r) => !r.ok && r.reason === 'queue_full')).toHaveLength(10);
    expect(await sessions.prompts(id, ['queued'])).toHaveLength(20);
    expect((await sessions.session(id))?.lastSeq).toBe(20);
  });

  it('has room again when a waiting prompt starts', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const first = await queuePrompt(sessions, id);
    const result = await sessions.commit({
      sessionId: id,
      prompts: [{ id: first, from: ['queued'], state: 'running' }],
      insertPrompt: makePrompt(id),
      queueLimit: 1,
      events: [],
      at: 1,
    });
    expect(accepted(result).queued).toBe(1);
  });

  it('refuses a session or prompt that exists, and writes nothing for it', async () => {
    const { sessions } = get();
    const session = await createSession(sessions, { agentName: 'first' });
    const again = { ...session, agentName: 'second' };
    expect(
      await sessions.commit({
        sessionId: session.id,
        create: again,
        events: [event('x')],
        at: 1,
      }),
    ).toMatchObject({ ok: false, reason: 'duplicate', what: 'session' });
    const prompt = makePrompt(session.id);
    const insert = { sessionId: session.id, insertPrompt: prompt, events: [event('q')], at: 1 };
    const results = await Promise.all([sessions.commit(insert), sessions.commit(insert)]);
    expect(results[0]?.ok).toBe(true);
    expect(results[1]).toMatchObject({ ok: false, reason: 'duplicate', what: 'prompt' });
    expect(await sessions.session(session.id)).toMatchObject({ agentName: 'first', lastSeq: 1 });
  });

  it('puts prompts after all others, or before them with front, and moves them by rank', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const a = await queuePrompt(sessions, id);
    const b = await queuePrompt(sessions, id);
    const steer = await queuePrompt(sessions, id, { front: true });
    const order = async (): Promise<string[]> =>
      (await sessions.prompts(id, ['queued', 'running'])).map((prompt) => prompt.id);
    expect(await order()).toEqual([steer, a, b]);
    const waiting = await sessions.prompts(id, ['queued']);
    const ranks = waiting.map((prompt) => prompt.rank);
    await sessions.commit({
      sessionId: id,
      prompts: [b, steer, a].map((prompt, index) => ({
        id: prompt,
        from: ['queued'],
        rank: ranks[index] ?? 0,
      })),
      events: [],
      at: 1,
    });
    expect(await order()).toEqual([b, steer, a]);
    const last = await queuePrompt(sessions, id);
    expect(await order()).toEqual([b, steer, a, last]);
  });

  it('changes a prompt only from a state that was named', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const prompt = await queuePrompt(sessions, id);
    const start = {
      sessionId: id,
      prompts: [{ id: prompt, from: ['queued' as const], state: 'running' as const, startedAt: 5 }],
      events: [event('started')],
      at: 5,
    };
    const results = await Promise.all([sessions.commit(start), sessions.commit(start)]);
    expect(results[0]?.ok).toBe(true);
    expect(results[1]).toMatchObject({ reason: 'stale', what: 'prompt', actual: 'running' });
    await sessions.commit({
      sessionId: id,
      prompts: [
        {
          id: prompt,
          from: ['running'],
          state: 'done',
          stopReason: 'end_turn',
          cancelRequested: true,
          endedAt: 6,
        },
      ],
      events: [],
      at: 6,
    });
    expect(await sessions.prompt(prompt)).toMatchObject({
      state: 'done',
      startedAt: 5,
      endedAt: 6,
      stopReason: 'end_turn',
      cancelRequested: true,
      error: null,
    });
  });

  it('does not find a prompt in another session', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const { id: other } = await createSession(sessions);
    const prompt = await queuePrompt(sessions, id);
    for (const [sessionId, promptId] of [
      [other, prompt],
      [id, mintId('p', 1)],
    ] as const) {
      const result = await sessions.commit({
        sessionId,
        prompts: [{ id: promptId, from: ['queued'], state: 'cancelled' }],
        events: [],
        at: 1,
      });
      expect(result).toMatchObject({ ok: false, reason: 'not_found', what: 'prompt' });
    }
  });
}

function permissionTests(get: () => SessionStoreUnderTest): void {
  it('takes the first of twenty answers that come at once', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const request = makePermission(id);
    await sessions.commit({ sessionId: id, insertPermission: request, events: [], at: 1 });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        sessions.commit({
          sessionId: id,
          permissions: [
            {
              id: request.id,
              state: 'answered',
              optionId: `option-${index}`,
              answeredBy: { ...ANN, id: `${index}` },
              resolvedAt: 50,
            },
          ],
          events: [event(`answer ${index}`)],
          at: 50,
        }),
      ),
    );
    const winner = results.findIndex((result) => result.ok);
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    for (const result of results.filter((r) => !r.ok)) {
      expect(result).toMatchObject({ reason: 'stale', what: 'permission', actual: 'answered' });
    }
    expect(await sessions.permission(request.id)).toEqual({
      ...request,
      state: 'answered',
      optionId: `option-${winner}`,
      answeredBy: { ...ANN, id: `${winner}` },
      resolvedAt: 50,
    });
    expect((await sessions.events(id, 0, 100)).map(messageOf)).toEqual([`answer ${winner}`]);
  });

  it('lists the pending ones, oldest first, of one session or of all', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const { id: other } = await createSession(sessions);
    const requests = [makePermission(id), makePermission(other), makePermission(id)];
    for (const request of requests.toReversed()) {
      await sessions.commit({
        sessionId: request.sessionId,
        insertPermission: request,
        events: [],
        at: 1,
      });
    }
    expect(await sessions.pendingPermissions(id)).toEqual([requests[0], requests[2]]);
    const ours = new Set(requests.map((request) => request.id));
    const all = (await sessions.pendingPermissions()).filter((request) => ours.has(request.id));
    expect(all).toEqual(requests);
    const answered = requests[0];
    await sessions.commit({
      sessionId: id,
      permissions: [
        {
          id: answered?.id ?? mintId('r', 1),
          state: 'expired',
          optionId: null,
          answeredBy: ANN,
          resolvedAt: 2,
        },
      ],
      events: [],
      at: 2,
    });
    expect(await sessions.pendingPermissions(id)).toEqual([requests[2]]);
  });

  it('refuses a request with a known id, and answers to unknown ones', async () => {
    const { sessions } = get();
    const { id } = await createSession(sessions);
    const request = makePermission(id, { title: NASTY_TEXT });
    const insert = { sessionId: id, insertPermission: request, events: [], at: 1 };
    expect((await sessions.commit(insert)).ok).toBe(true);
    expect(await sessions.commit(insert)).toMatchObject({ reason: 'duplicate' });
    expect(await sessions.permission(request.id)).toEqual(request);
    const answer = {
      id: mintId('r', 1),
      state: 'answered' as const,
      optionId: 'yes',
      answeredBy: ANN,
      resolvedAt: 1,
    };
    expect(
      await sessions.commit({ sessionId: id, permissions: [answer], events: [], at: 1 }),
    ).toMatchObject({ reason: 'not_found', what: 'permission' });
  });
}

function sessionTests(get: () => SessionStoreUnderTest): void {
  it('gives a session back as it was created, numbered by its events', async () => {
    const { sessions } = get();
    const session = makeSession({
      agentName: NASTY_TEXT,
      agentTemplateId: 'example',
      templateVersion: 3,
      env: { A: NASTY_TEXT },
      passEnv: ['KEY'],
      mcpServers: [{ name: 'x' }],
      metadata: { deep: { list: [1, null, 'a'] } },
      stateReason: 'because',
      usage: { used: 1, size: 2 },
      queuePaused: true,
      lastSeq: 99,
    });
    const commit = {
      sessionId: session.id,
      create: session,
      insertPrompt: makePrompt(session.id),
      events: [event('created')],
      at: 1,
    };
    expect(accepted(await sessions.commit(commit)).queued).toBe(1);
    expect(await sessions.session(session.id)).toEqual({ ...session, lastSeq: 1 });
    expect(await sessions.session(makeSession().id)).toBeUndefined();
  });

  it('changes only what a patch names', async () => {
    const { sessions } = get();
    const session = await createSession(sessions, { stateReason: 'old', cwd: '/a' });
    const at = nextTime();
    await sessions.commit({
      sessionId: session.id,
      session: { state: 'idle', stateReason: null, acpSessionId: 'acp-1', queuePaused: true },
      events: [],
      at,
    });
    expect(await sessions.session(session.id)).toEqual({
      ...session,
      state: 'idle',
      stateReason: null,
      acpSessionId: 'acp-1',
      queuePaused: true,
      updatedAt: at,
    });
  });

  it('lists sessions newest first in pages that lose and repeat none', async () => {
    const { sessions } = get();
    const at = nextTime() + 1_000_000;
    const made = [];
    for (let index = 0; index < 7; index += 1) {
      // Two by two of the same time: the id decides.
      const createdAt = at + Math.floor(index / 2);
      made.push(await createSession(sessions, { createdAt, agentTemplateId: `page-${at}` }));
    }
    const expected = made
      .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
      .map((session) => session.id);
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await sessions.sessions({ agentTemplateId: `page-${at}` }, cursor, 3);
      found.push(...page.data.map((session) => session.id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(found).toEqual(expected);
  });

  it('finds sessions by state, and by any part of name, id or first prompt', async () => {
    const { sessions } = get();
    const mark = `M${nextTime()}`;
    const named = await createSession(sessions, { agentName: `Ärger 100%_${mark}` });
    const prompted = await createSession(sessions, { state: 'idle' });
    await queuePrompt(sessions, prompted.id, { text: `Please mend the TOASTER ${mark}` });
    await queuePrompt(sessions, prompted.id, { text: `second ${mark} prompt` });
    const find = async (q: string, states?: readonly ['idle']): Promise<string[]> =>
      (await sessions.sessions({ q, states }, null, 50)).data.map((session) => session.id);
    expect(await find(mark.toLowerCase())).toEqual([prompted.id, named.id]);
    expect(await find(mark, ['idle'])).toEqual([prompted.id]);
    expect(await find(`toaster ${mark}`)).toEqual([prompted.id]);
    expect(await find(`second ${mark}`)).toEqual([]);
    expect(await find(`ÄRGER 100%_${mark}`)).toEqual([named.id]);
    expect(await find(`ärger 100__${mark}`)).toEqual([]);
    expect(await find(named.id.toUpperCase())).toEqual([named.id]);
  });

  it('names the sessions that have work, and not those that rest', async () => {
    const { sessions } = get();
    const made = await Promise.all(
      (['new', 'starting', 'running', 'ending', 'idle', 'failed', 'ended'] as const).map((state) =>
        createSession(sessions, { state }),
      ),
    );
    const [queued, pending] = [
      await createSession(sessions, { state: 'idle' }),
      await createSession(sessions, { state: 'idle' }),
    ];
    await queuePrompt(sessions, queued.id);
    await sessions.commit({
      sessionId: pending.id,
      insertPermission: makePermission(pending.id),
      events: [],
      at: 1,
    });
    const ours = new Set([...made, queued, pending].map((session) => session.id));
    const open = (await sessions.openSessions()).filter((id) => ours.has(id));
    expect(open.toSorted()).toEqual(
      [...made.slice(0, 4), queued, pending].map((session) => session.id).toSorted(),
    );
  });

  it('counts sessions by state', async () => {
    const { sessions } = get();
    const before = await sessions.countSessions(['failed', 'ended']);
    await createSession(sessions, { state: 'failed' });
    await createSession(sessions, { state: 'ended' });
    await createSession(sessions, { state: 'idle' });
    expect(await sessions.countSessions(['failed', 'ended'])).toBe(before + 2);
    expect(await sessions.countSessions([])).toBe(0);
  });
}
