/** Threads by their address, and which sessions are bound to them. */
import { sql, type Kysely, type Selectable } from 'kysely';
import { mintId, type SessionId, type ThreadId } from '../core/model/ids.ts';
import type { Thread, ThreadRef } from '../core/model/thread.ts';
import type { Page } from '../core/ports/session-store.ts';
import type { Binding, ThreadStore } from '../core/ports/stores.ts';
import { pageCursor, parsePageCursor } from './cursor.ts';
import type { BindingsTable, Tables, ThreadsTable } from './schema.ts';
import type { Writer } from './writer.ts';

function threadFromRow(row: Selectable<ThreadsTable>): Thread {
  return {
    id: row.id as ThreadId,
    ref: { surface: row.surface, account: row.account, key: row.key },
    title: row.title,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function bindingFromRow(row: Selectable<BindingsTable>): Binding {
  return {
    threadId: row.thread_id as ThreadId,
    sessionId: row.session_id as SessionId,
    presentedSeq: row.presented_seq,
    boundAt: row.bound_at,
  };
}

async function findThread(db: Kysely<Tables>, ref: ThreadRef): Promise<Thread | undefined> {
  const row = await db
    .selectFrom('threads')
    .selectAll()
    .where('surface', '=', ref.surface)
    .where('account', '=', ref.account)
    .where('key', '=', ref.key)
    .executeTakeFirst();
  return row && threadFromRow(row);
}

async function threadsBelow(db: Kysely<Tables>, ref: ThreadRef): Promise<readonly Thread[]> {
  const prefix = `${ref.key}/`;
  const rows = await db
    .selectFrom('threads')
    .selectAll()
    .where('surface', '=', ref.surface)
    .where('account', '=', ref.account)
    .where(sql<boolean>`substr(key, 1, ${sql.lit(prefix.length)}) = ${prefix}`)
    .orderBy('created_at')
    .execute();
  return rows.map(threadFromRow);
}

async function insertThread(
  trx: Kysely<Tables>,
  ref: ThreadRef,
  title: string,
  at: number,
): Promise<Thread> {
  const row = await trx
    .insertInto('threads')
    .values({
      id: mintId('t', at),
      surface: ref.surface,
      account: ref.account,
      key: ref.key,
      title,
      created_at: at,
      updated_at: at,
    })
    // An update of nothing: the row comes back, whoever made it.
    .onConflict((conflict) =>
      conflict
        .columns(['surface', 'account', 'key'])
        .doUpdateSet((e) => ({ updated_at: e.ref('threads.updated_at') })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return threadFromRow(row);
}

async function listThreads(
  db: Kysely<Tables>,
  surface: string,
  cursor: string | null,
  limit: number,
): Promise<Page<Thread>> {
  const after = cursor === null ? null : parsePageCursor(cursor);
  let query = db.selectFrom('threads').selectAll().where('surface', '=', surface);
  if (after !== null) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('updated_at', 'id'), '<', tuple(after.at, after.id)),
    );
  }
  const rows = await query
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const data = rows.slice(0, limit).map(threadFromRow);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, nextCursor: more ? pageCursor(last.updatedAt, last.id) : null };
}

export function createThreadStore(db: Kysely<Tables>, writer: Writer): ThreadStore {
  const bindings = async (
    column: 'thread_id' | 'session_id',
    id: ThreadId | SessionId,
  ): Promise<Binding[]> => {
    const rows = await db
      .selectFrom('bindings')
      .selectAll()
      .where(column, '=', id)
      .orderBy('bound_at', 'desc')
      .orderBy('n', 'desc')
      .execute();
    return rows.map(bindingFromRow);
  };

  return {
    async ensure(ref, title, at) {
      const known = await findThread(db, ref);
      return known ?? writer.write((trx) => insertThread(trx, ref, title, at));
    },
    find: (ref) => findThread(db, ref),
    below: (ref) => threadsBelow(db, ref),
    async thread(id) {
      const row = await db
        .selectFrom('threads')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      return row && threadFromRow(row);
    },
    threads: (surface, cursor, limit) => listThreads(db, surface, cursor, limit),
    touch: (id, at) =>
      writer.write(async (trx) => {
        await trx
          .updateTable('threads')
          .set({ updated_at: at })
          .where('id', '=', id)
          .where('updated_at', '<', at)
          .execute();
      }),
    bind: (threadId, sessionId, at) =>
      writer.write(async (trx) => {
        await trx
          .insertInto('bindings')
          .values({ thread_id: threadId, session_id: sessionId, presented_seq: 0, bound_at: at })
          .onConflict((conflict) => conflict.columns(['thread_id', 'session_id']).doNothing())
          .execute();
      }),
    unbind: (threadId, sessionId) =>
      writer.write(async (trx) => {
        await trx
          .deleteFrom('bindings')
          .where('thread_id', '=', threadId)
          .where('session_id', '=', sessionId)
          .execute();
      }),
    bindingsOfThread: (threadId) => bindings('thread_id', threadId),
    bindingsOfSession: (sessionId) => bindings('session_id', sessionId),
  };
}
