/** Rows of the session tables to the model's values and back. JSON in a row is what we wrote there. */
import type { Insertable, Selectable } from 'kysely';
import type { Actor } from '../core/model/actor.ts';
import type { PromptId, RequestId, SessionId } from '../core/model/ids.ts';
import type { PermissionRequest, PermissionState } from '../core/model/permission.ts';
import type { Prompt, PromptState, Session, SessionState } from '../core/model/session.ts';
import type { SessionEventType, StoredEvent } from '../core/model/events.ts';
import type { PromptInsert, SessionPatch } from '../core/ports/session-store.ts';
import { parseJson } from './json.ts';
import type {
  PermissionsTable,
  PromptsTable,
  SessionEventsTable,
  SessionsTable,
} from './schema.ts';

type SessionOrigin = Pick<
  Session,
  | 'templateVersion'
  | 'spawn'
  | 'runtime'
  | 'env'
  | 'passEnv'
  | 'mcpServers'
  | 'metadata'
  | 'createdBy'
>;
type PermissionQuestion = Pick<
  PermissionRequest,
  'toolCallId' | 'toolCall' | 'title' | 'kind' | 'options'
>;

/** Characters of the first prompt that a search looks in. */
const SEARCHED = 4_000;

export function searchName(agentName: string, id: string): string {
  return `${agentName}\n${id}`.toLowerCase();
}

export function searchPrompt(text: string): string {
  return text.slice(0, SEARCHED).toLowerCase();
}

function orNull<T>(value: T | null, encode: (value: T) => string): string | null {
  return value === null ? null : encode(value);
}

export function sessionToRow(session: Session): Insertable<SessionsTable> {
  const origin: SessionOrigin = {
    templateVersion: session.templateVersion,
    spawn: session.spawn,
    runtime: session.runtime,
    env: session.env,
    passEnv: session.passEnv,
    mcpServers: session.mcpServers,
    metadata: session.metadata,
    createdBy: session.createdBy,
  };
  return {
    id: session.id,
    state: session.state,
    agent_name: session.agentName,
    agent_template_id: session.agentTemplateId,
    cwd: session.cwd,
    origin: JSON.stringify(origin),
    state_reason: session.stateReason,
    acp_session_id: session.acpSessionId,
    report: orNull(session.report, JSON.stringify),
    usage: orNull(session.usage, JSON.stringify),
    queue_paused: session.queuePaused ? 1 : 0,
    tainted: session.tainted ? 1 : 0,
    last_seq: session.lastSeq,
    search_name: searchName(session.agentName, session.id),
    search_prompt: null,
    created_at: session.createdAt,
    updated_at: session.updatedAt,
  };
}

export function sessionFromRow(row: Selectable<SessionsTable>): Session {
  return {
    ...parseJson<SessionOrigin>(row.origin),
    id: row.id as SessionId,
    agentName: row.agent_name,
    agentTemplateId: row.agent_template_id,
    cwd: row.cwd,
    state: row.state as SessionState,
    stateReason: row.state_reason,
    acpSessionId: row.acp_session_id,
    report: row.report === null ? null : parseJson(row.report),
    usage: row.usage === null ? null : parseJson(row.usage),
    queuePaused: row.queue_paused === 1,
    tainted: row.tainted === 1,
    lastSeq: row.last_seq,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export type SessionColumns = Partial<
  Pick<
    SessionsTable,
    | 'state'
    | 'agent_name'
    | 'cwd'
    | 'state_reason'
    | 'acp_session_id'
    | 'report'
    | 'usage'
    | 'queue_paused'
    | 'tainted'
    | 'search_name'
  >
>;

/** Only what the patch names; undefined leaves a column alone. */
export function patchToColumns(id: SessionId, patch: SessionPatch): SessionColumns {
  const columns: SessionColumns = {};
  if (patch.state !== undefined) columns.state = patch.state;
  if (patch.stateReason !== undefined) columns.state_reason = patch.stateReason;
  if (patch.acpSessionId !== undefined) columns.acp_session_id = patch.acpSessionId;
  if (patch.report !== undefined) columns.report = orNull(patch.report, JSON.stringify);
  if (patch.usage !== undefined) columns.usage = orNull(patch.usage, JSON.stringify);
  if (patch.queuePaused !== undefined) columns.queue_paused = patch.queuePaused ? 1 : 0;
  if (patch.tainted !== undefined) columns.tainted = patch.tainted ? 1 : 0;
  if (patch.cwd !== undefined) columns.cwd = patch.cwd;
  if (patch.agentName !== undefined) {
    columns.agent_name = patch.agentName;
    columns.search_name = searchName(patch.agentName, id);
  }
  return columns;
}

export function promptToRow(prompt: PromptInsert, rank: number): Insertable<PromptsTable> {
  return {
    id: prompt.id,
    session_id: prompt.sessionId,
    rank,
    state: prompt.state,
    content: JSON.stringify(prompt.content),
    text: prompt.text,
    actor: JSON.stringify(prompt.actor),
    cancel_requested: prompt.cancelRequested ? 1 : 0,
    read_only: prompt.readOnly ? 1 : 0,
    stop_reason: prompt.stopReason,
    error: prompt.error,
    queued_at: prompt.queuedAt,
    started_at: prompt.startedAt,
    ended_at: prompt.endedAt,
  };
}

export function promptFromRow(row: Selectable<PromptsTable>): Prompt {
  return {
    id: row.id as PromptId,
    sessionId: row.session_id as SessionId,
    rank: row.rank,
    state: row.state as PromptState,
    content: parseJson(row.content),
    text: row.text,
    actor: parseJson<Actor>(row.actor),
    cancelRequested: row.cancel_requested === 1,
    readOnly: row.read_only === 1,
    stopReason: row.stop_reason,
    error: row.error,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}

export function permissionToRow(request: PermissionRequest): Insertable<PermissionsTable> {
  const question: PermissionQuestion = {
    toolCallId: request.toolCallId,
    toolCall: request.toolCall,
    title: request.title,
    kind: request.kind,
    options: request.options,
  };
  return {
    id: request.id,
    session_id: request.sessionId,
    prompt_id: request.promptId,
    code: request.code,
    question: JSON.stringify(question),
    state: request.state,
    option_id: request.optionId,
    answered_by: orNull(request.answeredBy, JSON.stringify),
    requested_at: request.requestedAt,
    expires_at: request.expiresAt,
    resolved_at: request.resolvedAt,
  };
}

export function permissionFromRow(row: Selectable<PermissionsTable>): PermissionRequest {
  return {
    ...parseJson<PermissionQuestion>(row.question),
    id: row.id as RequestId,
    sessionId: row.session_id as SessionId,
    promptId: row.prompt_id as PromptId | null,
    code: row.code,
    state: row.state as PermissionState,
    optionId: row.option_id,
    answeredBy: row.answered_by === null ? null : parseJson<Actor>(row.answered_by),
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    resolvedAt: row.resolved_at,
  };
}

export function eventFromRow(row: Selectable<SessionEventsTable>): StoredEvent {
  return {
    sessionId: row.session_id,
    seq: row.seq,
    type: row.type as SessionEventType,
    json: row.json,
    at: row.at,
  };
}
