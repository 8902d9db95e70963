/** Idempotency keys: the first of two that come together is `new`, the other one waits or repeats. */
import type { Kysely } from 'kysely';
import type { IdempotencyStore } from '../core/ports/stores.ts';
import type { Tables } from './schema.ts';
import type { Writer } from './writer.ts';

type Begun = Awaited<ReturnType<IdempotencyStore['begin']>>;

async function readBegun(
  trx: Kysely<Tables>,
  scope: string,
  key: string,
  requestHash: string,
): Promise<Begun> {
  const row = await trx
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'status', 'body'])
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  if (row.request_hash !== requestHash) return { state: 'mismatch' };
  if (row.status === null) return { state: 'running' };
  return { state: 'answered', answer: { status: row.status, body: row.body ?? '' } };
}

export function createIdempotencyStore(writer: Writer): IdempotencyStore {
  return {
    begin: (scope, key, requestHash, at) =>
      writer.write(async (trx) => {
        const result = await trx
          .insertInto('idempotency_keys')
          .values({
            scope,
            key,
            request_hash: requestHash,
            begun_at: at,
            status: null,
            body: null,
          })
          .onConflict((conflict) => conflict.columns(['scope', 'key']).doNothing())
          .returning('key')
          .executeTakeFirst();
        if (result !== undefined) return { state: 'new' };
        return readBegun(trx, scope, key, requestHash);
      }),
    finish: (scope, key, answer) =>
      writer.write(async (trx) => {
        await trx
          .updateTable('idempotency_keys')
          .set({ status: answer.status, body: answer.body })
          .where('scope', '=', scope)
          .where('key', '=', key)
          .execute();
      }),
    prune: (before) =>
      writer.write(async (trx) => {
        await trx.deleteFrom('idempotency_keys').where('begun_at', '<', before).execute();
      }),
  };
}
