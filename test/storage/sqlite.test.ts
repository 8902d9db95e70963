/** SQLite: plans, cost of an append, group commit, and what happens when the disk or a lock is in the way. */
import { createHook } from 'node:async_hooks';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSession,
  event,
  makePrompt,
  makeSession,
  newHolder,
} from '../contracts/stores.values.ts';
import { type Database } from '../../src/storage/database.ts';
import { openSqlite } from '../../src/storage/dialects/sqlite.ts';
import { createLeaseStore } from '../../src/storage/leases.ts';
import { migrate } from '../../src/storage/migrations/migrate.ts';
import { createSessionStore } from '../../src/storage/session-store.ts';
import { createWriter, type Writer } from '../../src/storage/writer.ts';
import { CompiledQuery, sql } from 'kysely';
import type { SessionStore } from '../../src/core/ports/session-store.ts';
import { temporaryDirectory } from './open-test-storage.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let database: Database;
let writer: Writer;
let sessions: SessionStore;

beforeEach(async () => {
  directory = temporaryDirectory();
  database = openSqlite(join(directory.path, 'threadcast.db'));
  await migrate(database);
  writer = createWriter(database);
  sessions = createSessionStore(database.reader, writer);
});
afterEach(async () => {
  await writer.close();
  await database.close();
  directory.remove();
});

async function plan(statement: string): Promise<string> {
  const { rows } = await database.reader.executeQuery<{ detail: string }>(
    CompiledQuery.raw(`explain query plan ${statement}`),
  );
  return rows.map((row) => row.detail).join('\n');
}

describe('SQLite plans', () => {
  it('reads events from a cursor by a seek', async () => {
    expect(
      await plan(
        "select * from session_events where session_id = 'x' and seq > 5 order by seq limit 10",
      ),
    ).toMatchInlineSnapshot(
      `"SEARCH session_events USING INDEX sqlite_autoindex_session_events_1 (session_id=? AND seq>?)"`,
    );
  });

  it('finds open work without reading what is finished', async () => {
    expect(await plan("select * from permissions where state = 'pending'")).toContain(
      'USING INDEX permissions_pending',
    );
    expect(
      await plan("select session_id from prompts where state in ('queued', 'running')"),
    ).toContain('INDEX prompts_open');
    expect(
      await plan("select message from inbox where state = 'pending' order by n limit 5"),
    ).toContain('INDEX inbox_pending');
    expect(
      await plan(
        "select * from outbox where state in ('wanted', 'posting') order by created_at, n",
      ),
    ).toContain('INDEX outbox_unsettled');
  });

  it('lists sessions and ranks prompts along an index', async () => {
    expect(await plan('select * from sessions order by created_at desc, id desc limit 51')).toBe(
      'SCAN sessions USING INDEX sessions_by_age',
    );
    expect(
      await plan("select rank from prompts where session_id = 'x' order by rank desc limit 1"),
    ).toContain('INDEX prompts_in_order (session_id=?)');
  });
});

describe('leases', () => {
  it('are asked for without a write, whoever has them, as workers ask at every look', async () => {
    let writes = 0;
    const counted: Writer = {
      ...writer,
      write: (work) => {
        writes += 1;
        return writer.write(work);
      },
    };
    const leases = createLeaseStore(database.reader, counted);
    const [a, b] = [newHolder(), newHolder()];
    const epoch = await leases.acquire('deliveries:chat', a, []);
    expect(writes).toBe(1);
    expect(await leases.acquire('deliveries:chat', a, [])).toBe(epoch);
    expect(await leases.acquire('deliveries:chat', b, [])).toBeUndefined();
    expect(writes).toBe(1);
  });
});

/** Pages that one more append writes to the WAL. */
async function pagesOfAppend(sessionId: ReturnType<typeof makeSession>['id']): Promise<number> {
  const file = new DatabaseSync(join(directory.path, 'threadcast.db'));
  const count = (): number => Number(file.prepare('pragma wal_checkpoint(passive)').get()?.['log']);
  const before = count();
  await sessions.commit({ sessionId, events: [event('one more')], at: 1 });
  const after = count();
  file.close();
  // A full checkpoint lets the next writer start the WAL over.
  return after < before ? after : after - before;
}

describe('the SQLite writer', () => {
  it('appends with the same few pages to a log of ten and of twenty thousand events', async () => {
    const { id } = await createSession(sessions);
    const many = (count: number) => Array.from({ length: count }, (_, n) => event(`${n}`));
    await sessions.commit({ sessionId: id, events: many(10), at: 1 });
    const short = await pagesOfAppend(id);
    await sessions.commit({ sessionId: id, events: many(20_000), at: 1 });
    const long = await pagesOfAppend(id);
    expect(short).toBeGreaterThan(0);
    expect(long).toBeLessThanOrEqual(short + 2);
  });

  it('shares one wait for the disk among all commits that come together', async () => {
    const { id } = await createSession(sessions);
    let syncs = 0;
    const hook = createHook({
      init(_id, type) {
        if (type === 'FSREQCALLBACK') syncs += 1;
      },
    }).enable();
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        sessions.commit({ sessionId: id, events: [event(`${n}`)], at: n }),
      ),
    );
    const grouped = syncs;
    syncs = 0;
    for (let n = 0; n < 10; n += 1) {
      await sessions.commit({ sessionId: id, events: [event(`${n}`)], at: n });
    }
    hook.disable();
    expect(grouped).toBe(1);
    expect(syncs).toBe(10);
  });

  it('shows readers nothing of a transaction before it is on the disk', async () => {
    const { id } = await createSession(sessions);
    let durable = false;
    const commit = sessions
      .commit({ sessionId: id, events: [event('x')], at: 1 })
      .then(() => (durable = true));
    for (let looks = 0; !durable; looks += 1) {
      const log = await sessions.events(id, 0, 10);
      // Seen and acknowledged may meet in one turn of the loop, hence the extra one.
      if (log.length > 0) await new Promise((resolve) => setImmediate(resolve));
      expect(log.length === 0 || durable).toBe(true);
      if (looks > 10_000) throw new Error('never committed');
    }
    await commit;
  });

  it('fails only the work that fails, and keeps the order of the rest', async () => {
    const { id } = await createSession(sessions);
    const results = await Promise.allSettled([
      sessions.commit({ sessionId: id, events: [event('1')], at: 1 }),
      writer.write(async (trx) => {
        await trx.insertInto('holders').values({ holder: 'half', beat: 1 }).execute();
        throw new Error('broken work');
      }),
      sessions.commit({ sessionId: id, events: [event('2')], at: 1 }),
      writer.write((trx) =>
        trx.insertInto('holders').values({ holder: 'whole', beat: 1 }).execute(),
      ),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect((await sessions.events(id, 0, 10)).map((e) => e.seq)).toEqual([1, 2]);
    const holders = await database.reader.selectFrom('holders').select('holder').execute();
    expect(holders).toEqual([{ holder: 'whole' }]);
  });

  it('says that the disk is full, keeps what it has, and writes again when there is room', async () => {
    const { id } = await createSession(sessions);
    await sessions.commit({ sessionId: id, events: [event('before')], at: 1 });
    const pages = await sql<{ page_count: number }>`pragma page_count`.execute(database.writer);
    const limit = (count: number) =>
      sql`pragma max_page_count = ${sql.lit(count)}`.execute(database.writer);
    await limit(pages.rows[0]?.page_count ?? 0);
    const big = event('x'.repeat(200_000));
    await expect(
      sessions.commit({ sessionId: id, events: [event('lost'), big], at: 2 }),
    ).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The disk of the data directory is full. Free some space, then try again.',
    });
    expect(await sessions.session(id)).toMatchObject({ lastSeq: 1 });
    // What fits is still taken, next to what does not.
    const [small, large] = await Promise.allSettled([
      sessions.commit({ sessionId: id, events: [event('fits')], at: 3 }),
      sessions.commit({ sessionId: id, events: [big], at: 3 }),
    ]);
    expect([small.status, large.status]).toEqual(['fulfilled', 'rejected']);
    await limit(1_000_000);
    await sessions.commit({ sessionId: id, events: [big], at: 4 });
    expect((await sessions.events(id, 0, 10)).map((e) => [e.seq, e.at])).toEqual([
      [1, 1],
      [2, 3],
      [3, 4],
    ]);
  });

  it('says that another program locks the database, and writes again when it lets go', async () => {
    const session = makeSession();
    const create = { sessionId: session.id, create: session, events: [], at: 1 };
    const other = new DatabaseSync(join(directory.path, 'threadcast.db'));
    other.exec('begin immediate');
    await expect(sessions.commit(create)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The database is locked by another program. Close it, then try again.',
    });
    other.exec('rollback');
    other.close();
    expect((await sessions.commit(create)).ok).toBe(true);
  });

  it('ends what it accepted before it closes, and takes nothing after', async () => {
    const { id } = await createSession(sessions);
    const accepted = sessions.commit({
      sessionId: id,
      insertPrompt: makePrompt(id),
      events: [],
      at: 1,
    });
    await writer.close();
    expect((await accepted).ok).toBe(true);
    await expect(
      sessions.commit({ sessionId: id, events: [event('late')], at: 1 }),
    ).rejects.toMatchObject({ code: 'unavailable' });
  });
});
