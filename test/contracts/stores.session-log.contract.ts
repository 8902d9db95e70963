/** The log of a SessionStore, and who may write to it. */
import { expect, it } from 'vitest';
import type { SessionStoreUnderTest } from './stores.session.under-test.ts';
import {
  accepted,
  createSession,
  event,
  makePermission,
  makePrompt,
  makeSession,
  messageOf,
  newHolder,
  queuePrompt,
} from './stores.values.ts';

export function logTests(get: () => SessionStoreUnderTest): void {
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

export function fenceTests(get: () => SessionStoreUnderTest): void {
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
