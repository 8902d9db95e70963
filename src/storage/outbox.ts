/** Outbox rows. The account's lease is looked at in the transaction of the update: it fences. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { ThreadId } from '../core/model/ids.ts';
import type { OutboxMessage, OutboxState } from '../core/model/message.ts';
import type { OutboxStore } from '../core/ports/stores.ts';
import { type DatabaseKind, locksRows } from './database.ts';
import { parseJson } from './json.ts';
import type { OutboxTable, Tables } from './schema.ts';
import type { Writer } from './writer.ts';

function messageFromRow(row: Selectable<OutboxTable>): OutboxMessage {
  return {
    key: row.key,
    threadId: row.thread_id as ThreadId,
    surface: row.surface,
    account: row.account,
    view: parseJson(row.view),
    state: row.state as OutboxState,
    externalId: row.external_id,
    sentHash: row.sent_hash,
    attempts: row.attempts,
    notBefore: row.not_before,
    error: row.error,
    createdAt: row.created_at,
    ...(row.mirror === null ? {} : { mirror: row.mirror }),
    ...(row.part === null ? {} : { part: row.part }),
  };
}

async function insertMessage(trx: Kysely<Tables>, message: OutboxMessage): Promise<void> {
  await trx
    .insertInto('outbox')
    .values({
      key: message.key,
      thread_id: message.threadId,
      surface: message.surface,
      account: message.account,
      view: JSON.stringify(message.view),
      state: message.state,
      external_id: message.externalId,
      sent_hash: message.sentHash,
      attempts: message.attempts,
      not_before: message.notBefore,
      error: message.error,
      created_at: message.createdAt,
      mirror: message.mirror ?? null,
      part: message.part ?? null,
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}

async function holdsLease(
  trx: Kysely<Tables>,
  kind: DatabaseKind,
  lease: { readonly key: string; readonly epoch: number },
): Promise<boolean> {
  const row = await trx
    .selectFrom('leases')
    .select('epoch')
    .where('key', '=', lease.key)
    .where('holder', 'is not', null)
    .$if(locksRows(kind), (q) => q.forShare())
    .executeTakeFirst();
  return row?.epoch === lease.epoch;
}

type Patch = Parameters<OutboxStore['update']>[2];

async function patchMessage(trx: Kysely<Tables>, key: string, patch: Patch): Promise<void> {
  const columns = {
    state: patch.state,
    external_id: patch.externalId,
    sent_hash: patch.sentHash,
    attempts: patch.attempts,
    not_before: patch.notBefore,
    error: patch.error,
  };
  if (Object.values(columns).every((value) => value === undefined)) return;
  await trx.updateTable('outbox').set(columns).where('key', '=', key).execute();
}

export function createOutboxStore(
  db: Kysely<Tables>,
  writer: Writer,
  kind: DatabaseKind,
): OutboxStore {
  return {
    open: (messages, binding) =>
      writer.write(async (trx) => {
        for (const message of messages) await insertMessage(trx, message);
        if (binding === undefined) return;
        await trx
          .updateTable('bindings')
          .set({ presented_seq: binding.presentedSeq })
          .where('thread_id', '=', binding.threadId)
          .where('session_id', '=', binding.sessionId)
          // Never back: what was opened stays opened.
          .where('presented_seq', '<', binding.presentedSeq)
          .execute();
      }),
    async message(key) {
      const row = await db
        .selectFrom('outbox')
        .selectAll()
        .where('key', '=', key)
        .executeTakeFirst();
      return row && messageFromRow(row);
    },
    async unsettled() {
      const rows = await db
        .selectFrom('outbox')
        .selectAll()
        // Written out for the partial index.
        .where(sql<boolean>`state in ('wanted', 'posting')`)
        .orderBy('created_at')
        .orderBy('n')
        .execute();
      return rows.map(messageFromRow);
    },
    update: (key, lease, patch) =>
      writer.write(async (trx) => {
        if (!(await holdsLease(trx, kind, lease))) return 'fenced';
        await patchMessage(trx, key, patch);
        return 'ok';
      }),
  };
}
