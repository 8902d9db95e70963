/**
 * One server per data directory. The lock is an exclusive transaction in a small database of its
 * own: the kernel drops it when the process ends, SIGKILL included, so none is ever left behind.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../core/model/errors.ts';
import { translateDatabaseError } from './errors.ts';

const LOCK_FILE = 'server.lock';
const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'errcode') === SQLITE_BUSY;
}

/** Not `mkdirSync` with `recursive`: below /proc that never returns. */
function makePath(directory: string): void {
  if (existsSync(directory)) return;
  makePath(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

function makeDirectory(directory: string): void {
  try {
    makePath(directory);
    chmodSync(directory, 0o700);
  } catch (cause) {
    throw new AppError(
      'unavailable',
      `The data directory ${directory} cannot be made or is not ours. Choose another with THREADCAST_DATA_DIR, or mend its permissions.`,
      { cause },
    );
  }
}

/**
 * Makes the directory (mode 0700) and takes its lock until the returned function is called. Throws
 * AppError `conflict` when another process has it.
 */
export function lockDirectory(directory: string): () => void {
  makeDirectory(directory);
  const file = join(directory, LOCK_FILE);
  let db: DatabaseSync | undefined;
  try {
    closeSync(openSync(file, 'a', 0o600));
    db = new DatabaseSync(file);
    db.exec('pragma locking_mode = exclusive; pragma journal_mode = memory; begin exclusive');
    const held = db;
    return () => {
      if (held.isOpen) held.close();
    };
  } catch (error) {
    db?.close();
    if (!isBusy(error)) throw translateDatabaseError(error);
    throw new AppError(
      'conflict',
      `Another Threadcast server is using the data directory ${directory}. Stop it, or choose another directory with THREADCAST_DATA_DIR.`,
      { details: { directory }, cause: error },
    );
  }
}

/** Whether another process has the lock of this directory now. Makes nothing. */
export function isDirectoryLocked(directory: string): boolean {
  const file = join(directory, LOCK_FILE);
  if (!existsSync(file)) return false;
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    db.prepare('select count(*) from sqlite_schema').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw translateDatabaseError(error);
  } finally {
    db.close();
  }
}
