/** Looking at a database, as doctor does: it is told what it is, and nothing about it changes. */
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it } from 'vitest';
import {
  inspectInstallations,
  inspectStorage,
  type Inspection,
} from '../../src/storage/inspect.ts';
import { SCHEMA_VERSION } from '../../src/storage/migrations/migrate.ts';
import { openStorage } from '../../src/storage/open.ts';
import { realClock, silentLogger, temporaryDirectory } from './open-test-storage.ts';

const directory = temporaryDirectory();
const dataDir = directory.path;
afterEach(() => directory.remove());

function inspect(url?: string): Promise<Inspection> {
  return inspectStorage({ url, dataDir, logger: silentLogger });
}

const open = () => openStorage({ dataDir, clock: realClock, logger: silentLogger });

function setVersion(version: number): void {
  const db = new DatabaseSync(join(dataDir, 'threadcast.db'));
  db.exec(`update schema_version set version = ${version}`);
  db.close();
}

/** Names, sizes and times of all that lies there. */
function picture(): readonly string[] {
  return readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) => {
    const { size, mtimeMs } = statSync(join(dataDir, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

it('makes nothing where no database is yet', async () => {
  expect(await inspect()).toEqual({ kind: 'sqlite', state: 'absent' });
  expect(await inspect('pglite://embedded')).toEqual({ kind: 'pglite', state: 'absent' });
});

it('reads the schema of a database that was closed, and leaves no file behind', async () => {
  await (await open()).close();
  const before = picture();
  const known = SCHEMA_VERSION;
  expect(await inspect()).toEqual({ kind: 'sqlite', state: 'there', version: known, known });
  expect(picture()).toEqual(before);
});

it('says which schema an older or newer database has, and does not migrate it', async () => {
  await (await open()).close();
  for (const version of [1, SCHEMA_VERSION + 1, 1]) {
    setVersion(version);
    expect(await inspect()).toMatchObject({ state: 'there', version });
  }
});

it('reads what a killed server left in its write-ahead log', async () => {
  const source = temporaryDirectory();
  const storage = await openStorage({
    dataDir: source.path,
    clock: realClock,
    logger: silentLogger,
  });
  mkdirSync(dataDir, { recursive: true });
  for (const name of ['threadcast.db', 'threadcast.db-wal', 'server.lock']) {
    copyFileSync(join(source.path, name), join(dataDir, name));
  }
  await storage.close();
  source.remove();
  expect(await inspect()).toMatchObject({ state: 'there', version: SCHEMA_VERSION });
});

it('leaves a running server alone', async () => {
  const storage = await open();
  expect(await inspect()).toEqual({ kind: 'sqlite', state: 'in use' });
  await storage.close();
  expect(await inspect()).toMatchObject({ state: 'there' });
});

it('names who installed us, also beside a running server', async () => {
  const options = { dataDir, logger: silentLogger };
  expect(await inspectInstallations('slack', options)).toEqual([]);
  const storage = await open();
  const sealed = 'secret';
  for (const account of ['T2', 'T1']) {
    await storage.installations.save({ surface: 'slack', account, sealed, updatedAt: 1 });
  }
  expect(await inspectInstallations('slack', options)).toEqual(['T1', 'T2']);
  expect(await inspectInstallations('elsewhere', options)).toEqual([]);
  await storage.close();
  const before = picture();
  expect(await inspectInstallations('slack', options)).toEqual(['T1', 'T2']);
  expect(picture()).toEqual(before);
});

it('does not start PGlite only to look at it', async () => {
  mkdirSync(join(dataDir, 'embedded', 'pgdata'), { recursive: true });
  expect(await inspect('pglite://embedded')).toEqual({ kind: 'pglite', state: 'unread' });
});

it('takes a database without tables for an empty one', async () => {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, 'threadcast.db'), '');
  expect(await inspect()).toMatchObject({ state: 'there', version: 0 });
});

it('rejects with what is wrong when the file is no database', async () => {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, 'threadcast.db'), 'x'.repeat(4096));
  await expect(inspect()).rejects.toThrow('file is not a database');
});

it('names the Postgres that does not answer, without its password', async () => {
  const answer = inspect('postgres://ann:secret@127.0.0.1:1/threadcast');
  await expect(answer).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('The database server at 127.0.0.1:1 does not answer.'),
  });
});
