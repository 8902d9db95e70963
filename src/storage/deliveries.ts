/** Deliveries of webhooks. Ids stay for good, so that a late redelivery is still known. */
import { type Kysely, sql } from 'kysely';
import type { Delivery, DeliveryStore } from '../core/ports/deliveries.ts';
import type { DeliveriesTable, Tables } from './schema.ts';
import type { Writer } from './writer.ts';

export function createDeliveryStore(db: Kysely<Tables>, writer: Writer): DeliveryStore {
  const finish = (
    source: string,
    id: string,
    columns: Partial<Pick<DeliveriesTable, 'state' | 'error' | 'body'>>,
  ): Promise<void> =>
    writer.write(async (trx) => {
      await trx
        .updateTable('deliveries')
        .set(columns)
        .where('source', '=', source)
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .execute();
    });

  return {
    accept: (delivery) => writer.write((trx) => accept(trx, delivery)),
    async pending(source, limit, known = NONE) {
      const listed = await pendingOf(db, source)
        .select(['n', 'id'])
        .limit(limit + known.size)
        .execute();
      const fresh = listed.filter(({ id }) => !known.has(id)).slice(0, limit);
      const [first, last] = [fresh.at(0), fresh.at(-1)];
      if (first === undefined || last === undefined) return [];
      const rows = await pendingOf(db, source)
        .select(['source', 'id', 'event', 'body', 'received_at'])
        .where('n', '>=', first.n)
        .where('n', '<=', last.n)
        .execute();
      return rows
        .filter(({ id }) => !known.has(id))
        .map((row) => ({
          source: row.source,
          id: row.id,
          event: row.event,
          body: row.body ?? '',
          receivedAt: row.received_at,
        }));
    },
    done: (source, id) => finish(source, id, { state: 'done', body: null }),
    failed: (source, id, error) => finish(source, id, { state: 'failed', error }),
  };
}

const NONE: ReadonlySet<string> = new Set();

function pendingOf(db: Kysely<Tables>, source: string) {
  return (
    db
      .selectFrom('deliveries')
      .where('source', '=', source)
      // Written out for the partial index.
      .where(sql<boolean>`state = 'pending'`)
      .orderBy('n')
  );
}

async function accept(
  trx: Kysely<Tables>,
  delivery: Delivery,
): Promise<'stored' | 'unfinished' | 'finished'> {
  const { source, id } = delivery;
  const inserted = await trx
    .insertInto('deliveries')
    .values({
      source,
      id,
      event: delivery.event,
      body: delivery.body,
      received_at: delivery.receivedAt,
      state: 'pending',
      error: null,
    })
    .onConflict((conflict) => conflict.columns(['source', 'id']).doNothing())
    .returning('n')
    .executeTakeFirst();
  if (inserted !== undefined) return 'stored';
  const known = await trx
    .selectFrom('deliveries')
    .select('state')
    .where('source', '=', source)
    .where('id', '=', id)
    .executeTakeFirst();
  if (known?.state === 'done') return 'finished';
  await trx
    .updateTable('deliveries')
    .set({ state: 'pending', error: null })
    .where('source', '=', source)
    .where('id', '=', id)
    .where('state', '=', 'failed')
    .execute();
  return 'unfinished';
}
