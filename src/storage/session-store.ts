/** SessionStore: commits go to the writer, everything else reads what is durable. */
import { type Kysely, sql } from 'kysely';
import { AppError } from '../core/model/errors.ts';
import type { PromptId, RequestId, SessionId } from '../core/model/ids.ts';
import type { PermissionRequest } from '../core/model/permission.ts';
import type { Prompt, PromptState, Session } from '../core/model/session.ts';
import type { Page, SessionFilter, SessionStore } from '../core/ports/session-store.ts';
import { prepare } from './prepare.ts';
import type { Tables } from './schema.ts';
import { eventFromRow, permissionFromRow, promptFromRow, sessionFromRow } from './session-rows.ts';
import type { Writer } from './writer.ts';
import { pageCursor, parsePageCursor } from './cursor.ts';

/** States in which a session's owner has something to do. */
const BUSY = ['new', 'starting', 'running', 'ending'];
/** Written out, or SQLite does not see that the partial index of migration 002 holds them all. */
const OPEN_PROMPT = sql<boolean>`state in ('queued', 'running')`;
const PENDING = sql<boolean>`state = 'pending'`;
/** SQLite refuses long LIKE patterns. */
const LONGEST_SEARCH = 1_000;

function createReads(db: Kysely<Tables>) {
  return {
    session: prepare<{ id: string }, Tables['sessions']>(db, (q, value) =>
      q.selectFrom('sessions').selectAll().where('id', '=', value('id')),
    ),
    prompt: prepare<{ id: string }, Tables['prompts']>(db, (q, value) =>
      q.selectFrom('prompts').selectAll().where('id', '=', value('id')),
    ),
    permission: prepare<{ id: string }, Tables['permissions']>(db, (q, value) =>
      q.selectFrom('permissions').selectAll().where('id', '=', value('id')),
    ),
    events: prepare<{ session: string; after: number; limit: number }, Tables['session_events']>(
      db,
      (q, value) =>
        q
          .selectFrom('session_events')
          .selectAll()
          .where('session_id', '=', value('session'))
          .where('seq', '>', value('after'))
          .orderBy('seq')
          .limit(value('limit')),
    ),
  };
}

function likePattern(text: string): string {
  if (text.length > LONGEST_SEARCH) {
    throw new AppError('invalid', `Search for at most ${LONGEST_SEARCH} characters.`, {
      details: { field: 'q' },
    });
  }
  return `%${text.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
}

async function listSessions(
  db: Kysely<Tables>,
  filter: SessionFilter,
  cursor: string | null,
  limit: number,
): Promise<Page<Session>> {
  const after = cursor === null ? null : parsePageCursor(cursor);
  let query = db.selectFrom('sessions').selectAll();
  if (filter.states !== undefined) query = query.where('state', 'in', filter.states);
  if (filter.agentTemplateId !== undefined) {
    query = query.where('agent_template_id', '=', filter.agentTemplateId);
  }
  if (filter.threadId !== undefined) {
    const ofThread = db
      .selectFrom('bindings')
      .select('session_id')
      .where('thread_id', '=', filter.threadId);
    query = query.where('id', 'in', ofThread);
  }
  if (filter.q !== undefined && filter.q !== '') {
    const pattern = likePattern(filter.q);
    query = query.where(
      sql<boolean>`(search_name like ${pattern} escape '\\' or search_prompt like ${pattern} escape '\\')`,
    );
  }
  if (after !== null) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.at, after.id)),
    );
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const data = rows.slice(0, limit).map(sessionFromRow);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, nextCursor: more ? pageCursor(last.createdAt, last.id) : null };
}

async function openSessions(db: Kysely<Tables>): Promise<SessionId[]> {
  const rows = await db
    .selectFrom('sessions')
    .select('id')
    .where('state', 'in', BUSY)
    .union(db.selectFrom('prompts').select('session_id as id').where(OPEN_PROMPT))
    .union(db.selectFrom('permissions').select('session_id as id').where(PENDING))
    .execute();
  return rows.map((row) => row.id as SessionId);
}

async function listPrompts(
  db: Kysely<Tables>,
  sessionId: SessionId,
  states: readonly PromptState[],
): Promise<Prompt[]> {
  if (states.length === 0) return [];
  const rows = await db
    .selectFrom('prompts')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('state', 'in', states)
    .orderBy('rank')
    .orderBy('queued_at')
    .execute();
  return rows.map(promptFromRow);
}

async function pendingPermissions(
  db: Kysely<Tables>,
  sessionId?: SessionId,
): Promise<PermissionRequest[]> {
  const rows = await db
    .selectFrom('permissions')
    .selectAll()
    .where(PENDING)
    .$if(sessionId !== undefined, (q) => q.where('session_id', '=', sessionId ?? ''))
    .orderBy('requested_at')
    .orderBy('id')
    .execute();
  return rows.map(permissionFromRow);
}

export function createSessionStore(db: Kysely<Tables>, writer: Writer): SessionStore {
  const reads = createReads(db);
  return {
    commit: (commit) => writer.commit(commit),
    async session(id: SessionId) {
      const row = (await db.executeQuery(reads.session({ id }))).rows[0];
      return row && sessionFromRow(row);
    },
    sessions: (filter, cursor, limit) => listSessions(db, filter, cursor, limit),
    openSessions: () => openSessions(db),
    async countSessions(states) {
      if (states.length === 0) return 0;
      const row = await db
        .selectFrom('sessions')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('state', 'in', states)
        .executeTakeFirstOrThrow();
      return row.count;
    },
    async prompt(id: PromptId) {
      const row = (await db.executeQuery(reads.prompt({ id }))).rows[0];
      return row && promptFromRow(row);
    },
    prompts: (sessionId, states) => listPrompts(db, sessionId, states),
    async permission(id: RequestId) {
      const row = (await db.executeQuery(reads.permission({ id }))).rows[0];
      return row && permissionFromRow(row);
    },
    pendingPermissions: (sessionId) => pendingPermissions(db, sessionId),
    async events(sessionId, after, limit) {
      const query = reads.events({ session: sessionId, after, limit });
      return (await db.executeQuery(query)).rows.map(eventFromRow);
    },
  };
}
