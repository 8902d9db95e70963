/** An opened database: how to read it, how to write it, and what differs between the kinds. */
import { sql, type Kysely } from 'kysely';
import type { Tables } from './schema.ts';

export type DatabaseKind = 'sqlite' | 'postgres' | 'pglite';

export interface Database {
  readonly kind: DatabaseKind;
  /** For reading: sees only what is durable. */
  readonly reader: Kysely<Tables>;
  /** For transactions. On SQLite and PGlite there is one connection, and one writer. */
  readonly writer: Kysely<Tables>;
  close(): Promise<void>;
}

/** Several connections may write at once, so rows that are read to be changed are locked. */
export function locksRows(kind: DatabaseKind): boolean {
  return kind === 'postgres';
}

export async function ping(database: Database): Promise<void> {
  await sql`select 1`.execute(database.reader);
}
