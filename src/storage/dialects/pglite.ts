/**
 * PGlite: Postgres inside this process, for whoever wants its SQL without a server. It costs some
 * 300 MiB, does not fsync, and has one connection.
 */
import { mkdirSync } from 'node:fs';
import { Kysely, PGliteDialect } from 'kysely';
import type { Database } from '../database.ts';
import { guardDialect } from '../guarded-dialect.ts';
import type { Tables } from '../schema.ts';

const INT8 = 20;

/** `directory` is made when it does not exist. */
export async function openPglite(directory: string): Promise<Database> {
  const { PGlite } = await import('@electric-sql/pglite');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const pglite = await PGlite.create({
    dataDir: directory,
    parsers: { [INT8]: Number },
  });
  const db = new Kysely<Tables>({ dialect: guardDialect(new PGliteDialect({ pglite })) });
  return {
    kind: 'pglite',
    reader: db,
    writer: db,
    async close() {
      await db.destroy();
      if (!pglite.closed) await pglite.close();
    },
  };
}
