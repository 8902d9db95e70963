/** Messages of surfaces that live with us, numbered within their thread. */
import type { Kysely, Selectable } from 'kysely';
import type { ThreadId } from '../core/model/ids.ts';
import type { HostedMessage, HostedMessageStore } from '../core/ports/stores.ts';
import { parseJson } from './json.ts';
import type { HostedMessagesTable, Tables } from './schema.ts';
import type { Writer } from './writer.ts';

function messageFromRow(row: Selectable<HostedMessagesTable>): HostedMessage {
  return {
    id: row.id,
    threadId: row.thread_id as ThreadId,
    key: row.key,
    author: parseJson(row.author),
    body: row.body,
    ordinal: row.ordinal,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

async function findByKey(
  db: Kysely<Tables>,
  threadId: ThreadId,
  key: string,
): Promise<HostedMessage | undefined> {
  const row = await db
    .selectFrom('hosted_messages')
    .selectAll()
    .where('thread_id', '=', threadId)
    .where('key', '=', key)
    .executeTakeFirst();
  return row && messageFromRow(row);
}

async function post(
  trx: Kysely<Tables>,
  message: Omit<HostedMessage, 'ordinal'>,
): Promise<HostedMessage> {
  const known = await findByKey(trx, message.threadId, message.key);
  if (known !== undefined) return known;
  const last = await trx
    .selectFrom('hosted_messages')
    .select('ordinal')
    .where('thread_id', '=', message.threadId)
    .orderBy('ordinal', 'desc')
    .limit(1)
    .executeTakeFirst();
  const ordinal = (last?.ordinal ?? 0) + 1;
  // Two posts from two connections meet in a unique key: the later one is tried again.
  await trx
    .insertInto('hosted_messages')
    .values({
      id: message.id,
      thread_id: message.threadId,
      key: message.key,
      author: JSON.stringify(message.author),
      body: message.body,
      ordinal,
      created_at: message.createdAt,
      updated_at: message.updatedAt,
    })
    .execute();
  return { ...message, ordinal };
}

export function createHostedMessageStore(db: Kysely<Tables>, writer: Writer): HostedMessageStore {
  return {
    post: (message) => writer.write((trx) => post(trx, message)),
    edit: (id, body, at) =>
      writer.write(async (trx) => {
        const result = await trx
          .updateTable('hosted_messages')
          .set({ body, updated_at: at })
          .where('id', '=', id)
          .executeTakeFirst();
        return result.numUpdatedRows > 0n;
      }),
    byKey: (threadId, key) => findByKey(db, threadId, key),
    async messages(threadId, updatedSince) {
      let query = db.selectFrom('hosted_messages').selectAll().where('thread_id', '=', threadId);
      if (updatedSince !== undefined) query = query.where('updated_at', '>=', updatedSince);
      return (await query.orderBy('ordinal').execute()).map(messageFromRow);
    },
  };
}
