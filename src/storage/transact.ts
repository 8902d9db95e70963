/**
 * Transactions that are tried again where that is certain to be right: two that met (deadlock,
 * serialization, the same new row), or a connection lost before the COMMIT was sent. When it was
 * lost during the COMMIT, Postgres itself is asked what became of the transaction.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { isConflictOfTransactions, isConnectionLoss } from './errors.ts';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';

const CONFLICT_RETRIES = 8;
const LOST_RETRIES = 2;

type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** Whether the transaction was committed; throws when the server cannot be asked. */
async function wasCommitted(database: Database, xid: string): Promise<boolean> {
  // The server may not yet have noticed that we are gone, and still be in the middle of it.
  for (;;) {
    const { rows } = await sql<{ status: string | null }>`
      select pg_xact_status(${xid}::xid8) as status`.execute(database.reader);
    const status = rows[0]?.status;
    if (status !== 'in progress') return status === 'committed';
    await delay(20);
  }
}

async function attempt<T>(
  database: Database,
  work: (trx: Kysely<Tables>) => Promise<T>,
): Promise<Attempt<T>> {
  let committing: { readonly xid: string | undefined; readonly value: T } | undefined;
  try {
    const value = await database.writer.transaction().execute(async (trx) => {
      const result = await work(trx);
      let xid: string | undefined;
      if (database.kind === 'postgres') {
        const { rows } = await sql<{ xid: string | null }>`
          select pg_current_xact_id_if_assigned()::text as xid`.execute(trx);
        xid = rows[0]?.xid ?? undefined;
      }
      committing = { xid, value: result };
      return result;
    });
    return { ok: true, value };
  } catch (error) {
    if (!isConnectionLoss(error) || committing?.xid === undefined) return { ok: false, error };
    const committed = await wasCommitted(database, committing.xid);
    return committed ? { ok: true, value: committing.value } : { ok: false, error };
  }
}

/** `work` may run several times: it does nothing but use its transaction. */
export async function transact<T>(
  database: Database,
  work: (trx: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  let conflicts = 0;
  let losses = 0;
  for (;;) {
    const outcome = await attempt(database, work);
    if (outcome.ok) return outcome.value;
    if (isConflictOfTransactions(outcome.error)) conflicts += 1;
    else if (isConnectionLoss(outcome.error)) losses += 1;
    else throw outcome.error;
    if (conflicts > CONFLICT_RETRIES || losses > LOST_RETRIES) throw outcome.error;
    // Apart, or the same two meet again.
    if (conflicts > 0) await delay(Math.random() * 2 ** conflicts);
  }
}
