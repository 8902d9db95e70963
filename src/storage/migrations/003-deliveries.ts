/** Deliveries of webhooks; messages that mirror or continue another one. */
import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../database.ts';
import type { Tables } from '../schema.ts';

export async function deliveries(db: Kysely<Tables>, kind: DatabaseKind): Promise<void> {
  await db.schema
    .createTable('deliveries')
    .addColumn('n', kind === 'sqlite' ? 'integer' : 'bigserial', (c) => c.primaryKey())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('body', 'text')
    .addColumn('received_at', 'bigint', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('error', 'text')
    .addUniqueConstraint('deliveries_id', ['source', 'id'])
    .execute();
  await db.schema
    .createIndex('deliveries_pending')
    .on('deliveries')
    .columns(['source', 'n'])
    .where(sql<boolean>`state = 'pending'`)
    .execute();
  await db.schema.alterTable('outbox').addColumn('mirror', 'text').execute();
  await db.schema.alterTable('outbox').addColumn('part', 'integer').execute();
}
