/**
 * Applies session commits inside one transaction, in order. Invariant: everything that can refuse a
 * commit is looked at before its first write, so a refused one has written nothing and the others
 * share the transaction with it. Rows are locked where several connections write, so what was
 * looked at stays true until the COMMIT: no late writer slips in, and seqs have no gaps.
 */
import { type Kysely, sql } from 'kysely';
import type { SessionId } from '../core/model/ids.ts';
import type { PromptState } from '../core/model/session.ts';
import type { StoredEvent } from '../core/model/events.ts';
import type { CommitResult, PromptPatch, SessionCommit } from '../core/ports/session-store.ts';
import {
  type CommitStatements,
  EVENTS_PER_INSERT,
  type EventValues,
  numberedValues,
} from './commit-statements.ts';
import { insertDecision } from './decisions.ts';
import type { Tables } from './schema.ts';
import {
  patchToColumns,
  permissionToRow,
  promptToRow,
  searchPrompt,
  sessionToRow,
} from './session-rows.ts';

type Refusal = Extract<CommitResult, { ok: false }>;

interface Context {
  readonly db: Kysely<Tables>;
  readonly statements: CommitStatements;
  /** States of the sessions of the batch, as of the commit that is next. */
  readonly states: Map<string, string>;
  /** Epochs of the leases that are held now. */
  readonly epochs: ReadonlyMap<string, number>;
}

function refuse(
  reason: Refusal['reason'],
  what?: Refusal['what'],
  actual?: string,
): { readonly refusal: Refusal } {
  return { refusal: { ok: false, reason, what, actual } };
}

type Checked = { readonly refusal: Refusal } | { readonly queued: number };

function leaseKey(id: SessionId): string {
  return `session:${id}`;
}

async function openContext(
  db: Kysely<Tables>,
  statements: CommitStatements,
  commits: readonly SessionCommit[],
): Promise<Context> {
  const ids = [...new Set(commits.map((commit) => commit.sessionId))];
  const heads = await db.executeQuery(statements.heads(ids.length)(numberedValues('id', ids)));
  const keys = [
    ...new Set(commits.filter((c) => c.epoch !== undefined).map((c) => leaseKey(c.sessionId))),
  ];
  const leases =
    keys.length === 0
      ? []
      : (await db.executeQuery(statements.leases(keys.length)(numberedValues('key', keys)))).rows;
  return {
    db,
    statements,
    states: new Map(heads.rows.map((row) => [row.id, row.state])),
    epochs: new Map(leases.map((row) => [row.key, row.epoch])),
  };
}

function checkSession(context: Context, commit: SessionCommit): Refusal | undefined {
  const state = context.states.get(commit.sessionId);
  if (commit.epoch !== undefined) {
    const held = context.epochs.get(leaseKey(commit.sessionId));
    if (held !== commit.epoch) return refuse('fenced').refusal;
  }
  if (commit.create !== undefined) {
    return state === undefined ? undefined : refuse('duplicate', 'session', state).refusal;
  }
  if (state === undefined) return refuse('not_found', 'session').refusal;
  if (commit.sessionIn !== undefined && !commit.sessionIn.some((allowed) => allowed === state)) {
    return refuse('stale', 'session', state).refusal;
  }
  return undefined;
}

/** Checks the patches one after the other, each against what the ones before it leave behind. */
async function checkPrompts(context: Context, commit: SessionCommit): Promise<Checked> {
  const states = new Map<string, string>();
  let queued = 0;
  for (const patch of commit.prompts ?? []) {
    let state = states.get(patch.id);
    if (state === undefined) {
      const { rows } = await context.db.executeQuery(context.statements.promptHead(patch));
      const row = rows[0];
      if (row?.session_id !== commit.sessionId) return refuse('not_found', 'prompt');
      state = row.state;
    }
    if (!patch.from.includes(state as PromptState)) return refuse('stale', 'prompt', state);
    const next = patch.state ?? state;
    queued += Number(next === 'queued') - Number(state === 'queued');
    states.set(patch.id, next);
  }
  return { queued };
}

async function checkInsertedPrompt(
  context: Context,
  commit: SessionCommit,
  patchedIn: number,
): Promise<Checked> {
  const { db, statements } = context;
  const prompt = commit.insertPrompt;
  if (prompt === undefined) return { queued: 0 };
  const known = await db.executeQuery(statements.promptHead(prompt));
  const other = known.rows[0];
  if (other !== undefined) return refuse('duplicate', 'prompt', other.state);
  const count = await db.executeQuery(statements.queued({ session: commit.sessionId }));
  const queued = (count.rows[0]?.count ?? 0) + patchedIn + Number(prompt.state === 'queued');
  if (commit.queueLimit !== undefined && queued > commit.queueLimit) return refuse('queue_full');
  return { queued };
}

async function checkPermissions(
  context: Context,
  commit: SessionCommit,
): Promise<Refusal | undefined> {
  const { db, statements } = context;
  const answered = new Map<string, string>();
  for (const patch of commit.permissions ?? []) {
    const row = (await db.executeQuery(statements.permissionHead(patch))).rows[0];
    if (row?.session_id !== commit.sessionId) return refuse('not_found', 'permission').refusal;
    const state = answered.get(patch.id) ?? row.state;
    if (state !== 'pending') return refuse('stale', 'permission', state).refusal;
    answered.set(patch.id, patch.state);
  }
  if (commit.insertPermission === undefined) return undefined;
  const known = await db.executeQuery(statements.permissionHead(commit.insertPermission));
  const other = known.rows[0];
  return other === undefined ? undefined : refuse('duplicate', 'permission', other.state).refusal;
}

async function check(context: Context, commit: SessionCommit): Promise<Checked> {
  const session = checkSession(context, commit);
  if (session !== undefined) return { refusal: session };
  const patched = await checkPrompts(context, commit);
  if ('refusal' in patched) return patched;
  const inserted = await checkInsertedPrompt(context, commit, patched.queued);
  if ('refusal' in inserted) return inserted;
  const permission = await checkPermissions(context, commit);
  return permission === undefined ? inserted : { refusal: permission };
}

/** Writes the session's row and takes the seqs; gives the seq before the first new event. */
async function writeSession(context: Context, commit: SessionCommit): Promise<number> {
  const { db, statements, states } = context;
  const count = commit.events.length;
  const prompt = commit.insertPrompt;
  if (commit.create !== undefined) {
    const session = {
      ...commit.create,
      ...commit.session,
      lastSeq: count,
      updatedAt: commit.at,
    };
    await db
      .insertInto('sessions')
      .values({
        ...sessionToRow(session),
        search_prompt: prompt === undefined ? null : searchPrompt(prompt.text),
      })
      .execute();
    states.set(commit.sessionId, session.state);
    return 0;
  }
  if (commit.session === undefined && prompt === undefined) {
    const query = statements.advance({ id: commit.sessionId, count, at: commit.at });
    const { rows } = await db.executeQuery(query);
    return (rows[0]?.last_seq ?? count) - count;
  }
  const row = await db
    .updateTable('sessions')
    .set({
      ...patchToColumns(commit.sessionId, commit.session ?? {}),
      ...(prompt === undefined
        ? {}
        : { search_prompt: sql<string>`coalesce(search_prompt, ${searchPrompt(prompt.text)})` }),
      last_seq: sql<number>`last_seq + ${sql.lit(count)}`,
      updated_at: commit.at,
    })
    .where('id', '=', commit.sessionId)
    .returning(['last_seq', 'state'])
    .executeTakeFirstOrThrow();
  states.set(commit.sessionId, row.state);
  return row.last_seq - count;
}

async function writeInsertedPrompt(context: Context, commit: SessionCommit): Promise<void> {
  const prompt = commit.insertPrompt;
  if (prompt === undefined) return;
  const { db, statements } = context;
  const query = prompt.front === true ? statements.firstRank : statements.lastRank;
  const { rows } = await db.executeQuery(query({ session: commit.sessionId }));
  const rank = (rows[0]?.rank ?? 0) + (prompt.front === true ? -1 : 1);
  await db.insertInto('prompts').values(promptToRow(prompt, rank)).execute();
}

async function writePromptPatch(db: Kysely<Tables>, patch: PromptPatch): Promise<void> {
  const columns = {
    state: patch.state,
    rank: patch.rank,
    content: patch.content === undefined ? undefined : JSON.stringify(patch.content),
    text: patch.text,
    cancel_requested:
      patch.cancelRequested === undefined ? undefined : Number(patch.cancelRequested),
    stop_reason: patch.stopReason,
    error: patch.error,
    started_at: patch.startedAt,
    ended_at: patch.endedAt,
  };
  // Kysely leaves out columns that are undefined, but an update of nothing is no SQL.
  if (Object.values(columns).every((value) => value === undefined)) return;
  await db.updateTable('prompts').set(columns).where('id', '=', patch.id).execute();
}

async function writePermissions(context: Context, commit: SessionCommit): Promise<void> {
  const { db, statements } = context;
  for (const patch of commit.permissions ?? []) {
    const query = statements.resolvePermission({
      id: patch.id,
      state: patch.state,
      option: patch.optionId,
      by: JSON.stringify(patch.answeredBy),
      at: patch.resolvedAt,
    });
    await db.executeQuery(query);
  }
  if (commit.insertPermission !== undefined) {
    await db.insertInto('permissions').values(permissionToRow(commit.insertPermission)).execute();
  }
}

async function writeEvents(context: Context, events: readonly StoredEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += EVENTS_PER_INSERT) {
    const rows = events.slice(from, from + EVENTS_PER_INSERT);
    const first = rows[0];
    if (first === undefined) return;
    const values: EventValues = { session: first.sessionId, at: first.at };
    for (const [index, event] of rows.entries()) {
      values[`seq${index}`] = event.seq;
      values[`type${index}`] = event.type;
      values[`json${index}`] = event.json;
    }
    const insert = context.statements.insertEvents(rows.length);
    await context.db.executeQuery(insert(values));
  }
}

async function applyCommit(context: Context, commit: SessionCommit): Promise<CommitResult> {
  const checked = await check(context, commit);
  if ('refusal' in checked) return checked.refusal;
  const before = await writeSession(context, commit);
  await writeInsertedPrompt(context, commit);
  for (const patch of commit.prompts ?? []) await writePromptPatch(context.db, patch);
  await writePermissions(context, commit);
  if (commit.decision !== undefined) await insertDecision(context.db, commit.decision);
  const events = commit.events.map((event, index) => ({
    sessionId: commit.sessionId,
    seq: before + index + 1,
    type: event.type,
    json: event.json,
    at: commit.at,
  }));
  await writeEvents(context, events);
  return { ok: true, events, queued: checked.queued };
}

/**
 * `db` is a transaction; one result per commit, in order. Throws when the database fails: then the
 * whole transaction is to be rolled back.
 */
export async function applyCommits(
  db: Kysely<Tables>,
  statements: CommitStatements,
  commits: readonly SessionCommit[],
): Promise<CommitResult[]> {
  const context = await openContext(db, statements, commits);
  const results: CommitResult[] = [];
  for (const commit of commits) results.push(await applyCommit(context, commit));
  return results;
}
