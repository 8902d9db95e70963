/** Inbox: what came in, kept by delivery id for good, so that a late redelivery is still known. */
import { type Kysely, sql } from 'kysely';
import type { InboundMessage, Inbox } from '../core/ports/stores.ts';
import { parseJson } from './json.ts';
import type { InboxTable, Tables } from './schema.ts';
import type { Writer } from './writer.ts';

export function createInbox(db: Kysely<Tables>, writer: Writer): Inbox {
  const finish = (
    surface: string,
    deliveryId: string,
    columns: Partial<Pick<InboxTable, 'state' | 'error' | 'message'>>,
  ): Promise<void> =>
    writer.write(async (trx) => {
      await trx
        .updateTable('inbox')
        .set(columns)
        .where('surface', '=', surface)
        .where('delivery_id', '=', deliveryId)
        .where('state', '=', 'pending')
        .execute();
    });

  return {
    accept: (message) =>
      writer.write(async (trx) => {
        const row = await trx
          .insertInto('inbox')
          .values({
            surface: message.thread.surface,
            delivery_id: message.deliveryId,
            message: JSON.stringify(message),
            state: 'pending',
            error: null,
          })
          .onConflict((conflict) => conflict.columns(['surface', 'delivery_id']).doNothing())
          .returning('n')
          .executeTakeFirst();
        return row === undefined ? 'duplicate' : 'stored';
      }),
    async pending(limit) {
      const rows = await db
        .selectFrom('inbox')
        .select('message')
        // Written out for the partial index.
        .where(sql<boolean>`state = 'pending'`)
        .orderBy('n')
        .limit(limit)
        .execute();
      return rows.flatMap((row) =>
        row.message === null ? [] : [parseJson<InboundMessage>(row.message)],
      );
    },
    // The row stays for the dedupe; its message has served.
    done: (surface, deliveryId) => finish(surface, deliveryId, { state: 'done', message: null }),
    failed: (surface, deliveryId, error) => finish(surface, deliveryId, { state: 'failed', error }),
  };
}
