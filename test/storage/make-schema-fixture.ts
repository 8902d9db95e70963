/**
 * Writes `test/fixtures/storage/schema-<n>.{sqlite,postgres}.sql`: a database as servers of schema n
 * left it. Run once when schema n is about to be left, `node test/storage/make-schema-fixture.ts 1`,
 * look at what it wrote, commit it and never change it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { mintId } from '../../src/core/model/ids.ts';
import { openSqlite } from '../../src/storage/dialects/sqlite.ts';
import { createDecisionLog } from '../../src/storage/decisions.ts';
import { createHostedMessageStore } from '../../src/storage/hosted-messages.ts';
import { createIdempotencyStore } from '../../src/storage/idempotency.ts';
import { createInbox } from '../../src/storage/inbox.ts';
import { createLeaseStore } from '../../src/storage/leases.ts';
import { MIGRATIONS, migrate } from '../../src/storage/migrations/migrate.ts';
import { createOutboxStore } from '../../src/storage/outbox.ts';
import type { Tables } from '../../src/storage/schema.ts';
import { createSessionStore } from '../../src/storage/session-store.ts';
import { createTemplateStore } from '../../src/storage/templates.ts';
import { createThreadStore } from '../../src/storage/threads.ts';
import { createTokenStore } from '../../src/storage/tokens.ts';
import { createWriter } from '../../src/storage/writer.ts';
import {
  ANN,
  event,
  makePermission,
  makePrompt,
  makeSession,
  NASTY_TEXT,
  newHolder,
} from '../contracts/stores.values.ts';
import { temporaryDirectory } from './open-test-storage.ts';

const version = Number(process.argv[2]);
const directory = temporaryDirectory();
const file = join(directory.path, 'threadcast.db');

async function fill(): Promise<void> {
  const database = openSqlite(file);
  await migrate(database, version);
  const { reader } = database;
  const writer = createWriter(database);
  const sessions = createSessionStore(reader, writer);
  const session = makeSession({ agentName: NASTY_TEXT, state: 'running', metadata: { a: [1] } });
  const { id } = session;
  const leases = createLeaseStore(reader, writer);
  const holder = newHolder();
  await leases.beat(holder);
  await sessions.commit({
    sessionId: id,
    create: session,
    insertPrompt: makePrompt(id, { state: 'running', startedAt: 7 }),
    events: [event('first'), event(NASTY_TEXT)],
    at: 7,
  });
  await sessions.commit({ sessionId: id, insertPrompt: makePrompt(id), events: [], at: 8 });
  await sessions.commit({
    sessionId: id,
    insertPermission: makePermission(id),
    events: [event('asked')],
    at: 9,
  });
  await leases.acquire(`session:${id}`, holder, []);
  const threads = createThreadStore(reader, writer);
  const ref = { surface: 'web', account: 'local', key: 'one' };
  const thread = await threads.ensure(ref, NASTY_TEXT, 10);
  await threads.bind(thread.id, id, 11);
  const inbox = createInbox(reader, writer);
  for (const deliveryId of ['done', 'open']) {
    await inbox.accept({
      deliveryId,
      thread: ref,
      threadTitle: 't',
      actor: ANN,
      roles: ['run'],
      text: NASTY_TEXT,
      addressed: true,
      receivedAt: 12,
    });
  }
  await inbox.done('web', 'done');
  await createOutboxStore(reader, writer, 'sqlite').open(
    [
      {
        key: 'outbox-1',
        threadId: thread.id,
        surface: 'web',
        account: 'local',
        view: { kind: 'notice', tone: 'info', markdown: NASTY_TEXT },
        state: 'wanted',
        externalId: null,
        sentHash: null,
        attempts: 0,
        notBefore: 0,
        error: null,
        createdAt: 13,
      },
    ],
    { threadId: thread.id, sessionId: id, presentedSeq: 2 },
  );
  const template = { id: 'mine', name: 'Mine', spawn: session.spawn, runtime: session.runtime };
  await createTemplateStore(reader, writer).save(template, true);
  await createTokenStore(reader, writer).insert(
    {
      id: mintId('k', 14),
      name: 'ci',
      scopes: ['read'],
      createdAt: 14,
      expiresAt: null,
      lastUsedAt: null,
    },
    'hash-of-a-token',
  );
  const idempotency = createIdempotencyStore(writer);
  await idempotency.begin('scope', 'key', 'request', 15);
  await idempotency.finish('scope', 'key', { status: 201, body: NASTY_TEXT });
  await createDecisionLog(reader, writer).append({
    at: 16,
    actor: ANN,
    verb: 'approve',
    outcome: 'refused',
    reason: 'no',
    sessionId: id,
    promptId: null,
    subjectHash: null,
    subject: null,
  });
  await createHostedMessageStore(reader, writer).post({
    id: 'm-1',
    threadId: thread.id,
    key: 'hosted-1',
    author: ANN,
    body: NASTY_TEXT,
    createdAt: 17,
    updatedAt: 17,
  });
  await writer.close();
  await database.close();
}

function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new Error(`no literal for ${typeof value}`);
  return `'${value.replaceAll("'", "''")}'`;
}

function dumpRows(db: DatabaseSync, tables: readonly string[]): string[] {
  return tables.flatMap((table) =>
    db
      .prepare(`select * from "${table}"`)
      .all()
      .map((row) => {
        const columns = Object.keys(row).map((name) => `"${name}"`);
        const values = Object.values(row).map(literal);
        return `insert into "${table}" (${columns.join(', ')}) values (${values.join(', ')})`;
      }),
  );
}

async function postgresSchema(): Promise<string[]> {
  const statements: string[] = [];
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: (logged) => void statements.push(logged.query.sql),
  });
  for (const step of MIGRATIONS.slice(0, version)) await step(db, 'postgres');
  return ['create table "schema_version" ("version" integer not null)', ...statements];
}

await fill();
const db = new DatabaseSync(file);
const schema = db
  .prepare(
    "select name, type, sql from sqlite_schema where sql is not null and name not like 'sqlite_%'",
  )
  .all();
// In the order of their making, so that references find what they name.
const tables = schema.filter((row) => row['type'] === 'table').map((row) => String(row['name']));
const rows = dumpRows(db, tables);
const counters = tables
  .filter((table) => db.prepare(`pragma table_info("${table}")`).all()[0]?.['name'] === 'n')
  .map((table) => `select setval(pg_get_serial_sequence('${table}', 'n'), max(n)) from "${table}"`);
db.close();
directory.remove();

const folder = join(import.meta.dirname, '..', 'fixtures', 'storage');
mkdirSync(folder, { recursive: true });
const name = `schema-${String(version).padStart(3, '0')}`;
const write = (kind: string, statements: readonly string[]): void =>
  writeFileSync(join(folder, `${name}.${kind}.sql`), `${statements.join(';\n')};\n`);
write('sqlite', [...schema.map((row) => String(row['sql'])), ...rows]);
write('postgres', [...(await postgresSchema()), ...rows, ...counters]);
