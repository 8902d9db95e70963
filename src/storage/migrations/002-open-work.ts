/**
 * Indexes over what is open: workers look at the unfinished rows every few seconds, and those stay
 * few while the finished ones grow without end.
 */
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export async function openWork(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createIndex('permissions_pending')
    .on('permissions')
    .columns(['session_id', 'requested_at'])
    .where(sql<boolean>`state = 'pending'`)
    .execute();
  await db.schema
    .createIndex('prompts_open')
    .on('prompts')
    // `state` too: SQLite takes a partial index only when it need not look at the row.
    .columns(['session_id', 'state'])
    .where(sql<boolean>`state in ('queued', 'running')`)
    .execute();
  await db.schema
    .createIndex('inbox_pending')
    .on('inbox')
    .column('n')
    .where(sql<boolean>`state = 'pending'`)
    .execute();
  await db.schema
    .createIndex('outbox_unsettled')
    .on('outbox')
    .columns(['created_at', 'n'])
    .where(sql<boolean>`state in ('wanted', 'posting')`)
    .execute();
  await db.schema
    .createIndex('idempotency_keys_by_age')
    .on('idempotency_keys')
    .column('begun_at')
    .execute();
}
