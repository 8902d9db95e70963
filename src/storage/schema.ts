/**
 * The tables as code sees them, the same on every database: text, integers (times in ms, booleans
 * as 0 and 1) and JSON as text. JSON is never a `jsonb` column: Postgres refuses `\u0000` in those.
 */
import type { Generated } from 'kysely';

export interface SessionsTable {
  readonly id: string;
  state: string;
  agent_name: string;
  agent_template_id: string | null;
  cwd: string | null;
  /** What never changes after the creation, as JSON: `SessionOrigin` of session-rows.ts. */
  readonly origin: string;
  state_reason: string | null;
  acp_session_id: string | null;
  report: string | null;
  usage: string | null;
  queue_paused: number;
  tainted: number;
  last_seq: number;
  /** Lower-cased agent name and id, and the start of the first prompt: what a search looks in. */
  search_name: string;
  search_prompt: string | null;
  readonly created_at: number;
  updated_at: number;
}

export interface SessionEventsTable {
  readonly session_id: string;
  readonly seq: number;
  readonly type: string;
  readonly json: string;
  readonly at: number;
}

export interface PromptsTable {
  readonly id: string;
  readonly session_id: string;
  rank: number;
  state: string;
  content: string;
  text: string;
  readonly actor: string;
  cancel_requested: number;
  readonly read_only: number;
  stop_reason: string | null;
  error: string | null;
  readonly queued_at: number;
  started_at: number | null;
  ended_at: number | null;
}

export interface PermissionsTable {
  readonly id: string;
  readonly session_id: string;
  readonly prompt_id: string | null;
  readonly code: string;
  /** What was asked, as JSON: `PermissionQuestion` of session-rows.ts. */
  readonly question: string;
  state: string;
  option_id: string | null;
  answered_by: string | null;
  readonly requested_at: number;
  readonly expires_at: number;
  resolved_at: number | null;
}

export interface HoldersTable {
  readonly holder: string;
  beat: number;
}

export interface LeasesTable {
  readonly key: string;
  holder: string | null;
  epoch: number;
}

export interface InboxTable {
  readonly n: Generated<number>;
  readonly surface: string;
  readonly delivery_id: string;
  /** The message as JSON; null once it is done. */
  message: string | null;
  state: 'pending' | 'done' | 'failed';
  error: string | null;
}

export interface DeliveriesTable {
  readonly n: Generated<number>;
  readonly source: string;
  readonly id: string;
  readonly event: string;
  /** As it came; null once it is done. */
  body: string | null;
  readonly received_at: number;
  state: 'pending' | 'done' | 'failed';
  error: string | null;
}

export interface ThreadsTable {
  readonly id: string;
  readonly surface: string;
  readonly account: string;
  readonly key: string;
  readonly title: string;
  readonly created_at: number;
  updated_at: number;
}

export interface BindingsTable {
  readonly n: Generated<number>;
  readonly thread_id: string;
  readonly session_id: string;
  presented_seq: number;
  readonly bound_at: number;
}

export interface OutboxTable {
  readonly n: Generated<number>;
  readonly key: string;
  readonly thread_id: string;
  readonly surface: string;
  readonly account: string;
  readonly view: string;
  state: string;
  external_id: string | null;
  sent_hash: string | null;
  attempts: number;
  not_before: number;
  error: string | null;
  readonly created_at: number;
  readonly mirror: string | null;
  /** Null: the first, and usually only, one. */
  readonly part: number | null;
}

/** One row per id. Removed ones stay, so that a version number never means two things. */
export interface AgentTemplatesTable {
  readonly id: string;
  version: number;
  managed: number;
  removed: number;
}

export interface AgentTemplateVersionsTable {
  readonly id: string;
  readonly version: number;
  readonly managed: number;
  readonly body: string;
}

export interface ApiTokensTable {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  last_used_at: number | null;
}

export interface IdempotencyKeysTable {
  readonly scope: string;
  readonly key: string;
  readonly request_hash: string;
  readonly begun_at: number;
  status: number | null;
  body: string | null;
}

export interface DecisionsTable {
  readonly n: Generated<number>;
  readonly at: number;
  readonly actor: string;
  readonly verb: string;
  readonly outcome: 'allowed' | 'refused';
  readonly reason: string;
  readonly session_id: string | null;
  readonly prompt_id: string | null;
  readonly subject_hash: string | null;
  readonly subject: string | null;
}

export interface HostedMessagesTable {
  readonly id: string;
  readonly thread_id: string;
  readonly key: string;
  readonly author: string;
  body: string;
  readonly ordinal: number;
  readonly created_at: number;
  updated_at: number;
}

export interface InstallationsTable {
  readonly surface: string;
  readonly account: string;
  sealed: string;
  updated_at: number;
}

export interface LogoutsTable {
  readonly login: string;
  readonly at: number;
}

export interface Tables {
  schema_version: { version: number };
  sessions: SessionsTable;
  session_events: SessionEventsTable;
  prompts: PromptsTable;
  permissions: PermissionsTable;
  holders: HoldersTable;
  leases: LeasesTable;
  inbox: InboxTable;
  deliveries: DeliveriesTable;
  installations: InstallationsTable;
  threads: ThreadsTable;
  bindings: BindingsTable;
  outbox: OutboxTable;
  agent_templates: AgentTemplatesTable;
  agent_template_versions: AgentTemplateVersionsTable;
  api_tokens: ApiTokensTable;
  idempotency_keys: IdempotencyKeysTable;
  decisions: DecisionsTable;
  hosted_messages: HostedMessagesTable;
  logouts: LogoutsTable;
}
