/** Logins of the page that were ended before their cookie was. */
import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';

export async function logouts(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('logouts')
    .addColumn('login', 'text', (c) => c.primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .execute();
}
