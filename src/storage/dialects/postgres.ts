/**
 * Postgres through `pg`. `pg` is imported only here and in the wake bus, and only when it is used:
 * a server on SQLite neither loads nor keeps it.
 */
import { Kysely, PostgresDialect } from 'kysely';
import { AppError } from '../../core/model/errors.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Database } from '../database.ts';
import { isConnectionLoss } from '../errors.ts';
import { guardDialect } from '../guarded-dialect.ts';
import type { Tables } from '../schema.ts';

/** One writes commits; the others read and write the small stores. */
const CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** A statement that takes longer is ended by the server: nothing of ours should. */
const STATEMENT_TIMEOUT_MS = 30_000;
const INT8 = 20;

/** Rejects with AppError `unavailable` when the server or its database cannot be used. */
export async function openPostgres(url: string, logger: Logger): Promise<Database> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'threadcast',
    types: {
      // Times, sequences and counts: all below 2^53.
      getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
    },
  });
  // Without these listeners the loss of a connection would end the process: the pool's own is for
  // idle ones, and a statement that was running rejects besides.
  const lost = (error: Error): void => logger.warn({ err: error }, 'database connection lost');
  pool.on('error', lost);
  pool.on('connect', (client) => client.on('error', lost));
  try {
    await pool.query('select 1');
  } catch (error) {
    await pool.end();
    throw explained(error, url);
  }
  const db = new Kysely<Tables>({ dialect: guardDialect(new PostgresDialect({ pool })) });
  return {
    kind: 'postgres',
    reader: db,
    writer: db,
    async close() {
      await db.destroy();
      if (!pool.ended) await pool.end();
    },
  };
}

/** Why the first connection failed, without the password that is in the address. */
function explained(error: unknown, url: string): unknown {
  const { host, pathname } = new URL(url);
  const state = error instanceof Error && 'code' in error ? error.code : undefined;
  const say = (sentence: string): AppError =>
    new AppError('unavailable', `${sentence} DATABASE_URL names it.`, { cause: error });
  if (state === '28P01' || state === '28000') {
    return say(`The database server at ${host} refuses this user or password.`);
  }
  if (state === '3D000') return say(`There is no database "${pathname.slice(1)}" at ${host}.`);
  return isConnectionLoss(error)
    ? say(`The database server at ${host} does not answer. Start it, or correct its address.`)
    : error;
}
