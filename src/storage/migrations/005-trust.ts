/** Which turns may only look, and which sessions have read text by people who may not write. */
import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';

export async function trust(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('prompts')
    .addColumn('read_only', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('sessions')
    .addColumn('tainted', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
}
