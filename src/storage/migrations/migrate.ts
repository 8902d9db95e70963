/**
 * Brings a database to the schema of this code, in one transaction: all steps or none. Servers that
 * start together on one Postgres take turns.
 */
import { type Kysely, sql } from 'kysely';
import { AppError } from '../../core/model/errors.ts';
import type { Database } from '../database.ts';
import type { Tables } from '../schema.ts';
import { first } from './001-first.ts';
import { openWork } from './002-open-work.ts';
import { deliveries } from './003-deliveries.ts';
import { installations } from './004-installations.ts';
import { trust } from './005-trust.ts';
import { logouts } from './006-logouts.ts';
import type { Migration } from './migration.ts';

/** Step n makes schema n. Append only. */
export const MIGRATIONS: readonly Migration[] = [
  first,
  openWork,
  deliveries,
  installations,
  trust,
  logouts,
];

/** The schema that this code reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Key of the Postgres advisory lock; any number that nobody else uses. */
const LOCK_KEY = 7_482_113_902;

async function currentVersion(trx: Kysely<Tables>): Promise<number> {
  await trx.schema
    .createTable('schema_version')
    .ifNotExists()
    .addColumn('version', 'integer', (c) => c.notNull())
    .execute();
  const row = await trx.selectFrom('schema_version').select('version').executeTakeFirst();
  if (row !== undefined) return row.version;
  await trx.insertInto('schema_version').values({ version: 0 }).execute();
  return 0;
}

/**
 * `upTo` is for tests that need a database of an earlier schema. Throws AppError `conflict` when
 * the database is newer than this code.
 */
export async function migrate(database: Database, upTo = SCHEMA_VERSION): Promise<void> {
  await database.writer.transaction().execute(async (trx) => {
    if (database.kind === 'postgres') {
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK_KEY)})`.execute(trx);
    }
    const version = await currentVersion(trx);
    if (version > SCHEMA_VERSION) {
      throw new AppError(
        'conflict',
        `The database has schema ${version}, and this Threadcast knows schemas up to ${SCHEMA_VERSION}. Start the newer Threadcast that made it, or restore a backup from before the update.`,
        { details: { version, known: SCHEMA_VERSION } },
      );
    }
    if (version >= upTo) return;
    for (const step of MIGRATIONS.slice(version, upTo)) await step(trx, database.kind);
    await trx.updateTable('schema_version').set({ version: upTo }).execute();
  });
}
