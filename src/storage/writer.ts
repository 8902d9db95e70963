/**
 * The one way to write. Invariant: work is applied in the order of the calls, and what waits while
 * a transaction runs shares the next one (group commit): one wait for the disk, however many. Work
 * that fails undoes the shared transaction, and then each is done again alone, so that it fails
 * only itself.
 */
import type { Kysely } from 'kysely';
import { AppError } from '../core/model/errors.ts';
import type { CommitResult, SessionCommit } from '../core/ports/session-store.ts';
import { applyCommits } from './apply-commits.ts';
import { type CommitStatements, createCommitStatements } from './commit-statements.ts';
import { type Database, locksRows } from './database.ts';
import { isConnectionLoss } from './errors.ts';
import type { Tables } from './schema.ts';
import { transact } from './transact.ts';

export interface Writer {
  commit(commit: SessionCommit): Promise<CommitResult>;
  /** `work` only uses its transaction, and may be run again in another one. */
  write<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Refuses new work, and resolves when what was accepted is done. */
  close(): Promise<void>;
}

/** Most pieces of work in one transaction: nobody waits long behind others. */
const BATCH = 200;

interface CommitItem {
  readonly commit: SessionCommit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}
interface WorkItem {
  readonly commit?: undefined;
  /** Does the work; the function that it gives hands the result to whoever waits. */
  readonly run: (db: Kysely<Tables>) => Promise<() => void>;
  readonly reject: (error: unknown) => void;
}
type Item = CommitItem | WorkItem;

function isCommit(item: Item): item is CommitItem {
  return item.commit !== undefined;
}

/** Commits in a row go together; other work may change what they look at, so it parts them. */
function inRows(items: readonly Item[]): (CommitItem[] | WorkItem)[] {
  const rows: (CommitItem[] | WorkItem)[] = [];
  for (const item of items) {
    const last = rows.at(-1);
    if (!isCommit(item)) rows.push(item);
    else if (Array.isArray(last)) last.push(item);
    else rows.push([item]);
  }
  return rows;
}

/** Gives what to call, in order, once the transaction is committed. */
async function apply(
  trx: Kysely<Tables>,
  statements: CommitStatements,
  items: readonly Item[],
): Promise<(() => void)[]> {
  const settle: (() => void)[] = [];
  for (const row of inRows(items)) {
    if (!Array.isArray(row)) {
      settle.push(await row.run(trx));
      continue;
    }
    const results = await applyCommits(
      trx,
      statements,
      row.map((item) => item.commit),
    );
    for (const [index, result] of results.entries()) {
      settle.push(() => row[index]?.resolve(result));
    }
  }
  return settle;
}

/** The queue of work that shares transactions. */
function createQueue(database: Database) {
  const statements = createCommitStatements(database.writer, database.kind);
  let waiting: Item[] = [];
  let running: Promise<void> | undefined;

  async function runTogether(items: readonly Item[]): Promise<void> {
    try {
      const settles = await transact(database, (trx) => apply(trx, statements, items));
      for (const settle of settles) settle();
    } catch (error) {
      if (items.length === 1 || isConnectionLoss(error)) {
        for (const item of items) item.reject(error);
        return;
      }
      for (const item of items) await runTogether([item]);
    }
  }

  async function pump(): Promise<void> {
    // What is submitted in this same turn of the loop shall share the transaction.
    await Promise.resolve();
    while (waiting.length > 0) {
      const items = waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
      await runTogether(items);
    }
    running = undefined;
  }

  return {
    push(item: Item): void {
      waiting.push(item);
      running ??= pump();
    },
    drained: async (): Promise<void> => running,
  };
}

export function createWriter(database: Database): Writer {
  const queue = createQueue(database);
  const alone = new Set<Promise<unknown>>();
  let closed = false;

  function submit(item: Item): void {
    if (closed) {
      item.reject(new AppError('unavailable', 'The server is shutting down. Try again later.'));
      return;
    }
    queue.push(item);
  }

  /** Connections are many here: nothing is gained by waiting for the commits. */
  function writeAlone<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    const done = transact(database, work);
    alone.add(done);
    const forget = (): void => void alone.delete(done);
    done.then(forget, forget);
    return done;
  }

  return {
    commit: (commit) =>
      new Promise((resolve, reject) => {
        submit({ commit, resolve, reject });
      }),
    write<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
      if (locksRows(database.kind) && !closed) return writeAlone(work);
      return new Promise((resolve, reject) => {
        const run = async (db: Kysely<Tables>): Promise<() => void> => {
          const value = await work(db);
          return () => resolve(value);
        };
        submit({ run, reject });
      });
    },
    async close() {
      closed = true;
      await queue.drained();
      await Promise.allSettled(alone);
    },
  };
}
