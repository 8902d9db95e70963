/** Sessions themselves: stored, changed, listed, found, counted. */
import { expect, it } from 'vitest';
import type { SessionStoreUnderTest } from './stores.session.under-test.ts';
import {
  accepted,
  createSession,
  event,
  makePermission,
  makePrompt,
  makeSession,
  NASTY_TEXT,
  nextTime,
  queuePrompt,
} from './stores.values.ts';

export function sessionTests(get: () => SessionStoreUnderTest): void {
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
    expect(await sessions.session(session.id)).toEqual({ ...session, lastSeq: 1, updatedAt: 1 });
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
