/** Accounts of a surface that installed us. */
import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';

export async function installations(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('installations')
    .addColumn('surface', 'text', (c) => c.notNull())
    .addColumn('account', 'text', (c) => c.notNull())
    .addColumn('sealed', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('installations_pk', ['surface', 'account'])
    .execute();
}
