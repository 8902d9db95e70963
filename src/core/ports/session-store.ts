/**
 * Sessions, their prompts, permission requests and event log. One write method, `commit`: whatever
 * belongs together becomes durable together, and nobody is told an event that is not stored.
 */
import type { Actor } from '../model/actor.ts';
import type { Decision } from '../model/decision.ts';
import type { HolderId, PromptId, RequestId, SessionId, ThreadId } from '../model/ids.ts';
import type { PermissionRequest, PermissionState } from '../model/permission.ts';
import type { Prompt, PromptState, Session, SessionState } from '../model/session.ts';
import type { SessionEventType, StoredEvent } from '../model/events.ts';

/** An event to append: `json` is its data, serialised once by `encodeEvent`. */
export interface EventToAppend {
  readonly type: SessionEventType;
  readonly json: string;
}

export type SessionPatch = Partial<
  Pick<
    Session,
    | 'state'
    | 'stateReason'
    | 'acpSessionId'
    | 'report'
    | 'usage'
    | 'queuePaused'
    | 'tainted'
    | 'cwd'
    | 'agentName'
  >
>;

export interface PromptPatch {
  readonly id: PromptId;
  /** Compare-and-set: the commit is refused (`stale`) when the prompt is in no such state. */
  readonly from: readonly PromptState[];
  readonly state?: PromptState;
  readonly rank?: number;
  readonly content?: Prompt['content'];
  readonly text?: string;
  readonly cancelRequested?: boolean;
  readonly stopReason?: string | null;
  readonly error?: string | null;
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** Always compare-and-set from `pending`: the first answer wins. */
export interface PermissionPatch {
  readonly id: RequestId;
  readonly state: Exclude<PermissionState, 'pending'>;
  readonly optionId: string | null;
  readonly answeredBy: Actor;
  readonly resolvedAt: number;
}

/** `rank` is given by the store: after every prompt of the session, or before with `front`. */
export type PromptInsert = Omit<Prompt, 'rank'> & { readonly front?: boolean };

export interface SessionCommit {
  readonly sessionId: SessionId;
  /** When given, the writer must hold the session's lease with this epoch, or it is `fenced`. */
  readonly epoch?: number;
  /** When given, refused as `stale` unless the session is in one of these states. */
  readonly sessionIn?: readonly SessionState[];
  /** Inserts the session itself; its `lastSeq` is ignored. */
  readonly create?: Session;
  readonly session?: SessionPatch;
  readonly insertPrompt?: PromptInsert;
  /** Most prompts that may be queued after `insertPrompt`, itself included; more is `queue_full`. */
  readonly queueLimit?: number;
  readonly prompts?: readonly PromptPatch[];
  readonly insertPermission?: PermissionRequest;
  readonly permissions?: readonly PermissionPatch[];
  /** Goes to the decision log with the change that it decided. */
  readonly decision?: Decision;
  readonly events: readonly EventToAppend[];
  /** Time of the events and of `updatedAt`, ms. */
  readonly at: number;
}

export type CommitResult =
  /** Durable. `events` have consecutive seqs. `queued` = prompts waiting, when one was inserted. */
  | { readonly ok: true; readonly events: readonly StoredEvent[]; readonly queued: number }
  /** Nothing was written. */
  | {
      readonly ok: false;
      readonly reason:
        /** The epoch is not the lease's (any more). */
        | 'fenced'
        /** A compare-and-set met another state; `actual` names it. */
        | 'stale'
        /** A session or prompt with this id exists. */
        | 'duplicate'
        | 'queue_full'
        | 'not_found';
      readonly what?: 'session' | 'prompt' | 'permission';
      readonly actual?: string;
    };

export interface SessionFilter {
  readonly states?: readonly SessionState[];
  readonly agentTemplateId?: string;
  /** Bound to this thread. */
  readonly threadId?: ThreadId;
  /** Substring of the agent name, the id or the first prompt; case-insensitive. */
  readonly q?: string;
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

export interface SessionStore {
  /**
   * Atomic and durable when it resolves; commits submitted together share one transaction (group
   * commit) and are applied in the order of the calls. A refused commit refuses only itself.
   * Rejects with AppError `unavailable` when the database cannot write (locked, disk full).
   */
  commit(commit: SessionCommit): Promise<CommitResult>;

  session(id: SessionId): Promise<Session | undefined>;
  /** Newest first by `createdAt`, then id. `limit` 1..200. */
  sessions(filter: SessionFilter, cursor: string | null, limit: number): Promise<Page<Session>>;
  /**
   * Ids of sessions that need an owner's work now: in state new, starting, running or
   * ending, or with
   * prompts queued or running, or with pending permission requests. Idle sessions are not among
   * them: starting up costs nothing per session that rests.
   */
  openSessions(): Promise<readonly SessionId[]>;
  countSessions(states: readonly SessionState[]): Promise<number>;

  prompt(id: PromptId): Promise<Prompt | undefined>;
  /** In rank order. */
  prompts(sessionId: SessionId, states: readonly PromptState[]): Promise<readonly Prompt[]>;

  permission(id: RequestId): Promise<PermissionRequest | undefined>;
  /** Pending ones, oldest first; of one session, or of all. */
  pendingPermissions(sessionId?: SessionId): Promise<readonly PermissionRequest[]>;

  /** Events with seq > after, ascending, at most `limit`. An index seek, whatever the log's length. */
  events(sessionId: SessionId, after: number, limit: number): Promise<readonly StoredEvent[]>;
}

/**
 * Leases with epochs: who owns a session (`session:<id>`) or an outbound account
 * (`outbox:<surface>:<account>`). A lease lives as long as its holder's heartbeat: renewing a
 * thousand leases is one row. Whether a holder is dead is judged by the observer's own clock from
 * `beat` standing still, so clocks of machines need not agree.
 */
export interface LeaseStore {
  /** Adds one to this holder's beat (the first call registers it). */
  beat(holder: HolderId): Promise<void>;
  /** All registered holders with their beats. */
  holders(): Promise<readonly { readonly holder: HolderId; readonly beat: number }[]>;
  /** Forgets a holder and frees its leases (their epochs stay). */
  removeHolder(holder: HolderId): Promise<void>;
  /**
   * Takes the lease when it is free, ours, or held by one of `dead`. The epoch grows with every
   * change of holder and never repeats; undefined when somebody else holds it.
   */
  acquire(key: string, holder: HolderId, dead: readonly HolderId[]): Promise<number | undefined>;
  /** Frees the lease if holder and epoch still match. */
  release(key: string, holder: HolderId, epoch: number): Promise<void>;
}
