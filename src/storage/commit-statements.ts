/** The statements of a commit that run often, compiled once per database. */
import { type Kysely, sql } from 'kysely';
import { prepare, prepareBySize } from './prepare.ts';
import { type DatabaseKind, locksRows } from './database.ts';
import type { Tables } from './schema.ts';

/** Events that one INSERT takes; each size is a statement of its own. */
export const EVENTS_PER_INSERT = 16;

function names(prefix: string, size: number): string[] {
  return Array.from({ length: size }, (_, index) => `${prefix}${index}`);
}

/** Values `<prefix>0`, `<prefix>1`, … for a query made with as many names. */
export function numberedValues(prefix: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, index) => [`${prefix}${index}`, value]));
}

/** What an INSERT of events is filled with: shared values, and those of each row by its index. */
// A type, not an interface: only then TypeScript takes it for a record of values.
export type EventValues = {
  session: string;
  at: number;
  [seq: `seq${number}`]: number;
  [text: `type${number}` | `json${number}`]: string;
};

export type CommitStatements = ReturnType<typeof createCommitStatements>;

/** On a database with several writers, heads and leases are locked in the order of their ids. */
function sessionStatements(db: Kysely<Tables>, kind: DatabaseKind) {
  const lock = locksRows(kind);
  return {
    heads: prepareBySize((size) =>
      prepare<Record<string, string>, { id: string; state: string }>(db, (q, value) =>
        q
          .selectFrom('sessions')
          .select(['id', 'state'])
          .where('id', 'in', names('id', size).map(value))
          .$if(lock, (select) => select.orderBy('id').forUpdate()),
      ),
    ),
    leases: prepareBySize((size) =>
      prepare<Record<string, string>, { key: string; epoch: number }>(db, (q, value) =>
        q
          .selectFrom('leases')
          .select(['key', 'epoch'])
          .where('key', 'in', names('key', size).map(value))
          .where('holder', 'is not', null)
          .$if(lock, (select) => select.orderBy('key').forShare()),
      ),
    ),
    advance: prepare<{ id: string; count: number; at: number }, { last_seq: number }>(
      db,
      (q, value) =>
        q
          .updateTable('sessions')
          .set({
            last_seq: sql<number>`last_seq + ${value('count')}`,
            updated_at: value('at'),
          })
          .where('id', '=', value('id'))
          .returning('last_seq'),
    ),
    insertEvents: prepareBySize((size) =>
      prepare<EventValues, unknown>(db, (q, value) =>
        q.insertInto('session_events').values(
          Array.from({ length: size }, (_, index) => ({
            session_id: value('session'),
            seq: value(`seq${index}`),
            type: value(`type${index}`),
            json: value(`json${index}`),
            at: value('at'),
          })),
        ),
      ),
    ),
  };
}

function promptStatements(db: Kysely<Tables>) {
  return {
    promptHead: prepare<{ id: string }, { session_id: string; state: string }>(db, (q, value) =>
      q.selectFrom('prompts').select(['session_id', 'state']).where('id', '=', value('id')),
    ),
    queued: prepare<{ session: string }, { count: number }>(db, (q, value) =>
      q
        .selectFrom('prompts')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('session_id', '=', value('session'))
        .where('state', '=', 'queued'),
    ),
    lastRank: prepare<{ session: string }, { rank: number }>(db, (q, value) =>
      q
        .selectFrom('prompts')
        .select('rank')
        .where('session_id', '=', value('session'))
        .orderBy('rank', 'desc')
        .limit(1),
    ),
    firstRank: prepare<{ session: string }, { rank: number }>(db, (q, value) =>
      q
        .selectFrom('prompts')
        .select('rank')
        .where('session_id', '=', value('session'))
        .orderBy('rank')
        .limit(1),
    ),
  };
}

function permissionStatements(db: Kysely<Tables>) {
  return {
    permissionHead: prepare<{ id: string }, { session_id: string; state: string }>(db, (q, value) =>
      q.selectFrom('permissions').select(['session_id', 'state']).where('id', '=', value('id')),
    ),
    resolvePermission: prepare<
      { id: string; state: string; option: string | null; by: string; at: number },
      unknown
    >(db, (q, value) =>
      q
        .updateTable('permissions')
        .set({
          state: value('state'),
          option_id: value('option'),
          answered_by: value('by'),
          resolved_at: value('at'),
        })
        .where('id', '=', value('id')),
    ),
  };
}

export function createCommitStatements(db: Kysely<Tables>, kind: DatabaseKind) {
  return { ...sessionStatements(db, kind), ...promptStatements(db), ...permissionStatements(db) };
}
