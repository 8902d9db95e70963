/**
 * What must hold in a database whatever was killed when: read with plain SQL, so that it does not
 * trust the code that it checks. Nobody may write meanwhile.
 */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

interface EventRow {
  readonly session_id: string;
  readonly seq: number;
  readonly type: string;
  readonly data: { readonly promptId?: string; readonly requestId?: string };
}

export interface Facts {
  /** Sentences about what is wrong; empty when all holds. */
  readonly broken: readonly string[];
  readonly promptStates: ReadonlyMap<string, string>;
  /** Delivery ids of every message that was accepted, worked off or not. */
  readonly deliveries: ReadonlySet<string>;
  readonly pendingPermissions: number;
  /** Inbox rows that are not worked off. */
  readonly pendingInbox: number;
  /** Outbox messages that are neither settled nor given up; reactions come last, and are not counted. */
  readonly unsettled: number;
}

type Rows = readonly Record<string, unknown>[];
export type Query = (sql: string) => Promise<Rows>;

/** Of the SQLite database in a data directory, opened for this look. */
export async function readFacts(dataDir: string): Promise<Facts> {
  const db = new DatabaseSync(path.join(dataDir, 'threadcast.db'));
  try {
    return await factsOf(async (sql) => db.prepare(sql).all());
  } finally {
    db.close();
  }
}

/** Of any database: Postgres gives large integers as strings, so numbers are made of what counts. */
export async function factsOf(all: Query): Promise<Facts> {
  const count = async (sql: string): Promise<number> => Number((await all(sql))[0]?.['n']);
  const rows = await all(
    'select session_id, seq, type, json from session_events order by session_id, seq',
  );
  const events = rows.map(
    (row) =>
      ({
        ...row,
        seq: Number(row['seq']),
        data: JSON.parse(String(row['json'])),
      }) as unknown as EventRow,
  );
  const prompts = await all('select id, state from prompts');
  const sessions = await all('select id, last_seq from sessions');
  const inbox = await all('select delivery_id from inbox');
  return {
    broken: [
      ...gaps(events, sessions),
      ...promptEvents(events, prompts),
      ...permissionEvents(events),
      ...(await doubled(all, 'hosted_messages', 'thread_id, key')),
      ...(await unposted(all)),
    ],
    promptStates: new Map(prompts.map((row) => [String(row['id']), String(row['state'])])),
    deliveries: new Set(inbox.map((row) => String(row['delivery_id']))),
    pendingPermissions: await count("select count(*) n from permissions where state = 'pending'"),
    pendingInbox: await count("select count(*) n from inbox where state = 'pending'"),
    unsettled: await count(
      "select count(*) n from outbox where state not in ('settled', 'given_up') and (mirror is null or mirror <> 'reaction')",
    ),
  };
}

function gaps(events: readonly EventRow[], sessions: Rows): string[] {
  const last = new Map<string, number>();
  const broken: string[] = [];
  for (const { session_id: id, seq } of events) {
    const expected = (last.get(id) ?? 0) + 1;
    if (seq !== expected) broken.push(`${id}: event ${seq} where ${expected} was due`);
    last.set(id, seq);
  }
  for (const session of sessions) {
    const length = last.get(String(session['id'])) ?? 0;
    if (Number(session['last_seq']) !== length) {
      broken.push(
        `${String(session['id'])}: last_seq ${String(session['last_seq'])}, but ${length} events`,
      );
    }
  }
  return broken;
}

const ENDS = new Set(['turn.ended', 'prompt.cancelled']);
const FINAL = new Set(['done', 'failed', 'interrupted', 'cancelled']);

/** Each prompt is queued once, started at most once, ended once when its row is final. */
function promptEvents(events: readonly EventRow[], prompts: Rows): string[] {
  const seen = new Map<string, string[]>();
  const broken: string[] = [];
  for (const { type, data } of events) {
    const id = data.promptId;
    if (id === undefined || type === 'permission.requested') continue;
    const types = seen.get(id) ?? [];
    // A title or a usage may come after the end; text may not.
    if (type !== 'update') types.push(ENDS.has(type) ? 'end' : type);
    seen.set(id, types);
  }
  for (const prompt of prompts) {
    const id = String(prompt['id']);
    const types = (seen.get(id) ?? []).join(' ');
    const final = FINAL.has(String(prompt['state']));
    const right = final
      ? /^prompt\.queued( prompt\.started)? end$/
      : /^prompt\.queued( prompt\.started)?$/;
    if (!right.test(types)) broken.push(`prompt ${id} (${String(prompt['state'])}): ${types}`);
  }
  return broken;
}

function permissionEvents(events: readonly EventRow[]): string[] {
  const resolved = new Map<string, number>();
  for (const { type, data } of events) {
    if (type !== 'permission.resolved' || data.requestId === undefined) continue;
    resolved.set(data.requestId, (resolved.get(data.requestId) ?? 0) + 1);
  }
  return [...resolved].flatMap(([id, times]) =>
    times > 1 ? [`permission ${id} was resolved ${times} times`] : [],
  );
}

async function doubled(all: Query, table: string, columns: string): Promise<string[]> {
  const rows = await all(
    `select ${columns}, count(*) n from ${table} group by ${columns} having count(*) > 1`,
  );
  return rows.map((row) => `${table}: ${JSON.stringify(row)}`);
}

/** A message that counts as shown is there, and no key was posted twice under two ids. */
async function unposted(all: Query): Promise<string[]> {
  const rows = await all(
    `select o.key from outbox o left join hosted_messages h on h.id = o.external_id
     where o.state = 'settled' and o.surface = 'web' and h.id is null`,
  );
  return rows.map((row) => `settled but not there: ${String(row['key'])}`);
}
