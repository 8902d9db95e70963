/**
 * SQLite in this process, with the guarantee of `synchronous=FULL` and without its stalls.
 *
 * Invariant: a transaction counts as committed, and is seen by readers, only when its WAL frames
 * are on the disk. SQLite runs with `synchronous=NORMAL`, in which a COMMIT appends to the WAL and
 * does not wait for the disk; then we `fdatasync` the WAL on libuv's thread pool and only then
 * resolve. Readers that come in between wait for it. NORMAL still syncs what protects the file from
 * corruption (a restarted WAL's header, both files around a checkpoint).
 *
 * Measured with a bare writer of this kind (2 cores, 20 clients for 3 s; event loop delay mean / max,
 * commit p50, resident memory), every fdatasync slowed down to 5 ms:
 *   FULL, this thread          106 ms / 121 ms    5.5 ms    74 MiB
 *   FULL, worker thread        0.1 ms /   7 ms   10.3 ms   102 MiB
 *   NORMAL and our fdatasync   0.2 ms /  14 ms    9.9 ms    79 MiB
 * and with the disk as it is (0.15 ms), one client: 0.29, 0.34, 0.32 ms a commit; 75, 100, 76 MiB.
 * The whole store, built this way: 0.30 ms a commit; with 5 ms and 20 clients 11.3 ms and a delay of
 * 0.3 ms. So no worker thread: it buys the same calm for 25 MiB more and a slower round trip.
 */
import { chmodSync, closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { AppError } from '../../core/model/errors.ts';
import type { Database } from '../database.ts';
import { translateDatabaseError } from '../errors.ts';
import { guardDialect } from '../guarded-dialect.ts';
import type { Tables } from '../schema.ts';
import { createSqliteDialect, type TransactionHooks } from './sqlite-driver.ts';

/** Waiting for a lock blocks the event loop, and nobody else should hold one: so not for long. */
const BUSY_TIMEOUT_MS = 250;
/** Pages of 4 KiB in the WAL after which SQLite checkpoints. */
const CHECKPOINT_PAGES = 1000;
/** SQLite's result code SQLITE_NOTADB. */
const NO_DATABASE = 26;

function openWriter(file: string): DatabaseSync {
  // Made by us first, so that no moment exists in which others can read it.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: true });
  db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.exec('pragma journal_mode = wal');
  db.exec('pragma synchronous = normal');
  db.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  // The WAL exists, and is a file that can be synced, only after something was written.
  db.exec('begin immediate; create table if not exists schema_version (version integer not null)');
  db.exec('commit');
  return db;
}

function openReader(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return db;
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function brokenDisk(cause: unknown): AppError {
  return new AppError(
    'unavailable',
    'The disk of the data directory failed while writing. Check the disk, then restart Threadcast.',
    { cause },
  );
}

/** Makes commits durable, and keeps readers from seeing one that is not yet. */
function createDurability(wal: number): TransactionHooks {
  let syncing: Promise<void> | undefined;
  let broken: AppError | undefined;
  const sync = (): Promise<void> =>
    new Promise((resolve, reject) => {
      fdatasync(wal, (error) => (error ? reject(error) : resolve()));
    });
  return {
    beforeRead: () => syncing,
    beforeWrite() {
      // After a failed sync the kernel may have dropped the pages: a later success proves nothing.
      if (broken) throw broken;
    },
    async afterCommit() {
      const done = sync().catch((error: unknown) => {
        broken = brokenDisk(error);
      });
      syncing = done;
      await done;
      syncing = undefined;
      if (broken) throw broken;
    },
  };
}

/** Opens or makes the database file, mode 0600. Throws AppError `unavailable` when it cannot. */
export function openSqlite(file: string): Database {
  try {
    const writerDb = openWriter(file);
    const readerDb = openReader(file);
    syncDirectory(dirname(file));
    const wal = openSync(`${file}-wal`, 'r+');
    const durability = createDurability(wal);
    const onReader: TransactionHooks = { ...durability, afterCommit: async () => {} };
    // Statements of the writer outside a transaction would not be synced: there are none.
    const kysely = (db: DatabaseSync, hooks: TransactionHooks): Kysely<Tables> =>
      new Kysely<Tables>({ dialect: guardDialect(createSqliteDialect(db, hooks)) });
    const writer = kysely(writerDb, durability);
    const reader = kysely(readerDb, onReader);
    return {
      kind: 'sqlite',
      reader,
      writer,
      async close() {
        await reader.destroy();
        await writer.destroy();
        if (readerDb.isOpen) readerDb.close();
        if (writerDb.isOpen) writerDb.close();
        closeSync(wal);
      },
    };
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'errcode') === NO_DATABASE) {
      throw new AppError(
        'unavailable',
        `${file} is damaged, or no SQLite database. Move it away, or put a backup in its place.`,
        { cause: error },
      );
    }
    throw translateDatabaseError(error);
  }
}
