/** Postgres: several servers on one database, connections that break, and its plans. */
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { isAppError } from '../../src/core/model/errors.ts';
import type { CommitResult } from '../../src/core/ports/session-store.ts';
import { inspectStorage } from '../../src/storage/inspect.ts';
import { SCHEMA_VERSION } from '../../src/storage/migrations/migrate.ts';
import type { Storage } from '../../src/storage/open.ts';
import {
  accepted,
  createSession,
  event,
  makePrompt,
  newHolder,
} from '../contracts/stores.values.ts';
import { startPostgres, type TestPostgres } from '../harness/databases.ts';
import { openTestStorage, silentLogger } from './open-test-storage.ts';

const started = await startPostgres();
const open: Storage[] = [];

async function openServer(url: string): Promise<Storage> {
  const storage = await openTestStorage(url);
  open.push(storage);
  return storage;
}

afterEach(async () => {
  for (const storage of open.splice(0)) await storage.close();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function postgres(): TestPostgres {
  if (started === undefined) throw new Error('skipped');
  return started;
}

describe.skipIf(!started)('two servers on one Postgres', () => {
  it('may start together on an empty database', async () => {
    const url = await postgres().freshDatabase();
    const servers = await Promise.all([openServer(url), openServer(url), openServer(url)]);
    await Promise.all(servers.map((server) => server.ping()));
    expect(await postgres().query(url, 'select version from schema_version')).toHaveLength(1);
  });

  it('number the events of shared sessions without gaps, each in its own order', async () => {
    const url = await postgres().freshDatabase();
    const [a, b] = [await openServer(url), await openServer(url)];
    const ids = (await Promise.all(Array.from({ length: 6 }, () => createSession(a.sessions)))).map(
      (session) => session.id,
    );
    const commits: Promise<CommitResult>[] = [];
    for (let round = 0; round < 40; round += 1) {
      for (const [name, server] of [
        ['a', a],
        ['b', b],
      ] as const) {
        // In opposite orders, which deadlocks whoever locks as it goes.
        const order = name === 'a' ? ids : ids.toReversed();
        for (const sessionId of order) {
          commits.push(
            server.sessions.commit({
              sessionId,
              events: [event(`${name}${round}`)],
              at: round,
            }),
          );
        }
      }
      if (round % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const result of await Promise.all(commits)) accepted(result);
    for (const id of ids) {
      const log = await b.sessions.events(id, 0, 1000);
      expect(log.map((e) => e.seq)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
      for (const name of ['a', 'b']) {
        const own = log.flatMap((e) => /"message":"([ab])(\d+)"/.exec(e.json)?.slice(1) ?? []);
        const rounds = own.flatMap((part, n) => (n % 2 === 0 && part === name ? [own[n + 1]] : []));
        expect(rounds).toEqual(Array.from({ length: 40 }, (_, n) => `${n}`));
      }
    }
  });

  it('let one of them take the last place in a queue, a prompt id and an answer', async () => {
    const url = await postgres().freshDatabase();
    const [a, b] = [await openServer(url), await openServer(url)];
    const { id } = await createSession(a.sessions);
    const { id: other } = await createSession(b.sessions);
    const places = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? a : b).sessions.commit({
          sessionId: id,
          insertPrompt: makePrompt(id),
          queueLimit: 7,
          events: [],
          at: 1,
        }),
      ),
    );
    expect(places.filter((result) => result.ok)).toHaveLength(7);
    const prompt = makePrompt(id);
    // The same prompt id, in two sessions at once: no row lock keeps them apart.
    const twins = await Promise.all(
      [id, other].map((sessionId, n) =>
        (n === 0 ? a : b).sessions.commit({
          sessionId,
          insertPrompt: { ...prompt, sessionId },
          events: [],
          at: 1,
        }),
      ),
    );
    expect(twins.filter((result) => result.ok)).toHaveLength(1);
    expect(twins.find((result) => !result.ok)).toMatchObject({ reason: 'duplicate' });
  });

  it('fence a late writer, however close the lease changes hands', async () => {
    const url = await postgres().freshDatabase();
    const [a, b] = [await openServer(url), await openServer(url)];
    const { id } = await createSession(a.sessions);
    const [old, next] = [newHolder(), newHolder()];
    const epoch = await a.leases.acquire(`session:${id}`, old, []);
    const late: Promise<CommitResult>[] = [];
    const write = (): void => {
      late.push(a.sessions.commit({ sessionId: id, epoch, events: [event('old')], at: 1 }));
    };
    for (let n = 0; n < 20; n += 1) write();
    const taken = b.leases.acquire(`session:${id}`, next, [old]);
    for (let n = 0; n < 20; n += 1) write();
    const newEpoch = await taken;
    const first = accepted(
      await b.sessions.commit({
        sessionId: id,
        epoch: newEpoch,
        events: [event('new')],
        at: 1,
      }),
    );
    for (let n = 0; n < 5; n += 1) write();
    const results = await Promise.all(late);
    expect(results.slice(-5).every((r) => !r.ok && r.reason === 'fenced')).toBe(true);
    // Nothing of the old owner stands behind the first event of the new one.
    const log = await b.sessions.events(id, first.events[0]?.seq ?? 0, 100);
    expect(log).toEqual([]);
  });

  it('let no lease change hands between the look at it and the write that it allows', async () => {
    const url = await postgres().freshDatabase();
    const [a, b] = [await openServer(url), await openServer(url)];
    const { id } = await createSession(a.sessions);
    const [old, next] = [newHolder(), newHolder()];
    const epoch = await a.leases.acquire(`session:${id}`, old, []);
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    await blocker.query('begin; lock table session_events in share mode');
    const waiters = async (count: number): Promise<void> => {
      const look = `select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      while ((await postgres().query(url, look))[0]?.['count'] !== count);
    };
    const order: string[] = [];
    const commit = a.sessions
      .commit({ sessionId: id, epoch, events: [event('old')], at: 1 })
      .then((result) => order.push(`commit ${result.ok}`));
    // It has found its lease valid, and now waits to insert.
    await waiters(1);
    const taken = b.leases.acquire(`session:${id}`, next, [old]).then(() => order.push('taken'));
    await Promise.race([waiters(2), taken]);
    expect(order).toEqual([]);
    await blocker.query('commit');
    await blocker.end();
    await Promise.all([commit, taken]);
    // Which answer arrives first says nothing: the server frees the lease before it sends its own.
    expect(order.toSorted()).toEqual(['commit true', 'taken']);
  });

  it('wake each other once per tick, and know their own wake-ups', async () => {
    const url = await postgres().freshDatabase();
    const [a, b] = [await openServer(url), await openServer(url)];
    const woken: string[] = [];
    a.wakeBus.subscribe('session', (id, remote) => void woken.push(`a ${id} ${remote}`));
    b.wakeBus.subscribe('session', (id, remote) => void woken.push(`b ${id} ${remote}`));
    for (const id of ['s_1', 's_1', 's:2']) a.wakeBus.publish('session', id);
    await until(() => woken.length >= 4);
    // A later one arrives after everything that was sent before it.
    b.wakeBus.publish('session', 'end');
    await until(() => woken.includes('a end true'));
    expect(woken.toSorted()).toEqual(
      [
        'a s_1 false',
        'a s:2 false',
        'b s_1 true',
        'b s:2 true',
        'b end false',
        'a end true',
      ].toSorted(),
    );
  });
});

describe.skipIf(!started)('a server that loses Postgres', () => {
  it('writes, reads and is woken again without a restart', async () => {
    const url = await postgres().freshDatabase();
    const [a, b] = [await openServer(url), await openServer(url)];
    const { id } = await createSession(a.sessions);
    const woken: string[] = [];
    b.wakeBus.subscribe('session', (text) => void woken.push(text));
    for (let round = 0; round < 3; round += 1) {
      await postgres().disconnectAll(url);
      accepted(await a.sessions.commit({ sessionId: id, events: [event('x')], at: round }));
      await a.ping();
    }
    const beats = setInterval(() => a.wakeBus.publish('session', 'again'), 20);
    await until(() => woken.includes('again'));
    clearInterval(beats);
    expect((await a.sessions.session(id))?.lastSeq).toBe(3);
  });

  it('stores each commit at most once while connections are cut all the time', async () => {
    const url = await postgres().freshDatabase();
    const a = await openServer(url);
    const { id } = await createSession(a.sessions);
    let cutting = true;
    const cutter = (async () => {
      while (cutting) await postgres().disconnectAll(url);
    })();
    const kept: string[] = [];
    for (let n = 0; n < 150; n += 1) {
      try {
        accepted(await a.sessions.commit({ sessionId: id, events: [event(`${n}`)], at: n }));
        kept.push(event(`${n}`).json);
      } catch (error) {
        if (!isAppError(error, 'unavailable')) throw error;
      }
    }
    cutting = false;
    await cutter;
    await a.ping().catch(() => a.ping());
    const log = (await a.sessions.events(id, 0, 1000)).map((e) => e.json);
    expect(new Set(log).size).toBe(log.length);
    expect(kept.filter((json) => !log.includes(json))).toEqual([]);
    expect(kept.length).toBeGreaterThan(0);
  });

  it('says so in a sentence when there is no server', async () => {
    await expect(openTestStorage('postgres://nobody@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'unavailable',
      message:
        'The database server at 127.0.0.1:1 does not answer. Start it, or correct its address. DATABASE_URL names it.',
    });
  });
});

describe.skipIf(!started)('Postgres plans', () => {
  it('reads events from a cursor by a seek', async () => {
    const url = await postgres().freshDatabase();
    const storage = await openServer(url);
    const { id } = await createSession(storage.sessions);
    for (let n = 0; n < 5; n += 1) {
      await storage.sessions.commit({
        sessionId: id,
        events: Array.from({ length: 1000 }, (_, k) => event(`${k}`)),
        at: n,
      });
    }
    await postgres().query(url, 'analyze session_events');
    const plan = await postgres().query(
      url,
      `explain select * from session_events where session_id = '${id}' and seq > 4000 order by seq limit 10`,
    );
    const text = plan.map((row) => String(row['QUERY PLAN'])).join('\n');
    expect(text).toContain('Index Scan using session_events_key');
    expect(text).not.toMatch(/Seq Scan|Sort/);
  });
});

describe.skipIf(!started)('looking at a Postgres without changing it', () => {
  it('tells an empty database from one with tables, and makes none', async () => {
    const url = await postgres().freshDatabase();
    const look = () => inspectStorage({ url, dataDir: '/nowhere', logger: silentLogger });
    const seen = { kind: 'postgres', state: 'there', known: SCHEMA_VERSION };
    expect(await look()).toEqual({ ...seen, version: 0 });
    expect(await postgres().query(url, "select to_regclass('schema_version') as t")).toEqual([
      { t: null },
    ]);
    await openServer(url);
    expect(await look()).toEqual({ ...seen, version: SCHEMA_VERSION });
  });

  it('says why it cannot be used', async () => {
    const url = new URL(await postgres().freshDatabase());
    url.pathname = '/not_there';
    const look = inspectStorage({ url: url.href, dataDir: '/nowhere', logger: silentLogger });
    await expect(look).rejects.toThrow('There is no database "not_there"');
  });
});
