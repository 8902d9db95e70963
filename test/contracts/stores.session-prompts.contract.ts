/** The prompts and permission requests of a SessionStore. */
import { expect, it } from 'vitest';
import { mintId } from '../../src/core/model/ids.ts';
import type { SessionStoreUnderTest } from './stores.session.under-test.ts';
import {
  accepted,
  ANN,
  createSession,
  event,
  makePermission,
  makePrompt,
  messageOf,
  NASTY_TEXT,
  queuePrompt,
} from './stores.values.ts';

export function promptTests(get: () => SessionStoreUnderTest): void {
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

export function permissionTests(get: () => SessionStoreUnderTest): void {
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
