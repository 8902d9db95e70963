/** Databases that earlier versions left, and those of later ones. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseId } from '../../src/core/model/ids.ts';
import { SCHEMA_VERSION } from '../../src/storage/migrations/migrate.ts';
import { openStorage, type Storage } from '../../src/storage/open.ts';
import { accepted, event, NASTY_TEXT } from '../contracts/stores.values.ts';
import { startPostgres } from '../harness/databases.ts';
import { realClock, silentLogger, temporaryDirectory } from './open-test-storage.ts';

const postgres = await startPostgres();
const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'storage');
const earlier = Array.from({ length: SCHEMA_VERSION - 1 }, (_, index) =>
  String(index + 1).padStart(3, '0'),
);

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

function fixture(version: string, kind: 'sqlite' | 'postgres'): string {
  return readFileSync(join(FIXTURES, `schema-${version}.${kind}.sql`), 'utf8');
}

function databaseFile(): string {
  return join(directory.path, 'threadcast.db');
}

function open(url?: string): Promise<Storage> {
  return openStorage({ url, dataDir: directory.path, clock: realClock, logger: silentLogger });
}

/** Everything of the fixture is there, and can be worked on. */
async function expectData(storage: Storage): Promise<void> {
  const [open1] = await storage.sessions.openSessions();
  const id = open1 ?? parseId('s', 'none');
  if (id === undefined) throw new Error('no session');
  expect(await storage.sessions.session(id)).toMatchObject({
    agentName: NASTY_TEXT,
    state: 'running',
    metadata: { a: [1] },
    lastSeq: 3,
  });
  const log = await storage.sessions.events(id, 0, 10);
  expect(log.map((e) => e.json)).toEqual(
    ['first', NASTY_TEXT, 'asked'].map((text) => event(text).json),
  );
  expect((await storage.sessions.prompts(id, ['running', 'queued'])).map((p) => p.state)).toEqual([
    'running',
    'queued',
  ]);
  expect(await storage.sessions.pendingPermissions()).toMatchObject([{ sessionId: id }]);
  expect(await storage.inbox.pending(10)).toMatchObject([{ deliveryId: 'open', text: NASTY_TEXT }]);
  const threads = await storage.threads.threads('web', null, 10);
  expect(threads.data).toMatchObject([{ title: NASTY_TEXT }]);
  expect(await storage.threads.bindingsOfSession(id)).toMatchObject([{ presentedSeq: 2 }]);
  expect(await storage.outbox.unsettled()).toMatchObject([{ key: 'outbox-1' }]);
  expect(await storage.templates.templates()).toMatchObject([{ id: 'mine', version: 1 }]);
  expect(await storage.tokens.byHash('hash-of-a-token')).toMatchObject({ name: 'ci' });
  expect(await storage.idempotency.begin('scope', 'key', 'request', 1)).toMatchObject({
    state: 'answered',
    answer: { body: NASTY_TEXT },
  });
  expect((await storage.decisions.decisions(null, 5)).data).toMatchObject([{ verb: 'approve' }]);
  const thread = threads.data[0];
  if (thread === undefined) throw new Error('no thread');
  expect(await storage.hosted.messages(thread.id)).toMatchObject([{ body: NASTY_TEXT }]);

  const { events } = accepted(
    await storage.sessions.commit({ sessionId: id, events: [event('now')], at: 1 }),
  );
  expect(events[0]?.seq).toBe(4);
  await storage.decisions.append({
    at: 20,
    actor: { surface: 'web', id: 'x', name: 'X', kind: 'person' },
    verb: 'later',
    outcome: 'allowed',
    reason: '',
    sessionId: null,
    promptId: null,
    subjectHash: null,
    subject: null,
  });
  expect((await storage.decisions.decisions(null, 1)).data).toMatchObject([{ verb: 'later' }]);
  const [holder] = await storage.leases.holders();
  if (holder === undefined) throw new Error('no holder');
  expect(await storage.leases.acquire(`session:${id}`, holder.holder, [])).toBe(1);
}

describe.each(earlier)('a database of schema %s', (version) => {
  it('is brought up to date on SQLite, and is then like a new one', async () => {
    const old = new DatabaseSync(databaseFile());
    old.exec(fixture(version, 'sqlite'));
    old.close();
    const storage = await open();
    await expectData(storage);
    await storage.close();
    const schemaOf = (file: string): unknown[] => {
      const db = new DatabaseSync(file);
      const rows = db.prepare('select type, name, sql from sqlite_schema order by name').all();
      db.close();
      return rows;
    };
    const fresh = temporaryDirectory();
    const other = await openStorage({
      dataDir: fresh.path,
      clock: realClock,
      logger: silentLogger,
    });
    await other.close();
    expect(schemaOf(databaseFile())).toEqual(schemaOf(join(fresh.path, 'threadcast.db')));
    fresh.remove();
  });

  it.skipIf(!postgres)('is brought up to date on Postgres', async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    await postgres?.query(url, fixture(version, 'postgres'));
    const storage = await open(url);
    await expectData(storage);
    await storage.close();
    expect(await postgres?.query(url, 'select version from schema_version')).toEqual([
      { version: SCHEMA_VERSION },
    ]);
  });
});

describe('migrations', () => {
  it('have a recorded database for every earlier schema', () => {
    expect(readdirSync(FIXTURES).filter((name) => name.endsWith('.sqlite.sql'))).toHaveLength(
      SCHEMA_VERSION - 1,
    );
  });

  it('refuse a database that is newer than the code, and leave it alone', async () => {
    await (await open()).close();
    const db = new DatabaseSync(databaseFile());
    db.exec('update schema_version set version = 99');
    db.close();
    await expect(open()).rejects.toMatchObject({
      code: 'conflict',
      message: `The database has schema 99, and this Threadcast knows schemas up to ${SCHEMA_VERSION}. Start the newer Threadcast that made it, or restore a backup from before the update.`,
    });
    const after = new DatabaseSync(databaseFile());
    expect(after.prepare('select version from schema_version').all()).toEqual([{ version: 99 }]);
    after.close();
  });
});
