/**
 * A session: our durable side of one ACP session.
 *
 *   new ──▶ starting ──▶ idle ◀──▶ running          (any state but ended)
 *              │  ▲                                       │ close
 *              ▼  │ prompt                                ▼
 *            failed ─┘                                 ending ──▶ ended ──reopen──▶ idle
 *
 * `idle` does not say that a process lives: after a restart, or when the agent exited between
 * turns, the next prompt starts it again (load, resume, or a new ACP session with the transcript).
 * `failed` = the agent could not be started; a prompt or retry tries again. `ending` = somebody
 * closed it and its owner is winding it up; `ended` follows with the event session.terminated. A
 * prompt to an ending or ended session is a conflict.
 */
import type { AgentReport, AgentRuntimeSpec, AgentSpawn } from './agent.ts';
import type { Actor } from './actor.ts';
import type { PromptId, SessionId } from './ids.ts';
import type { ContentBlock } from './content.ts';

export type SessionState = 'new' | 'starting' | 'idle' | 'running' | 'failed' | 'ending' | 'ended';

export interface Usage {
  /** Tokens of context in use, and its size. */
  readonly used?: number | undefined;
  readonly size?: number | undefined;
  readonly cost?: { readonly amount: number; readonly currency: string } | undefined;
}

export interface Session {
  readonly id: SessionId;
  /** Name for people, from the template or `name` at creation. */
  readonly agentName: string;
  readonly agentTemplateId: string | null;
  readonly templateVersion: number | null;
  readonly spawn: AgentSpawn;
  readonly runtime: AgentRuntimeSpec;
  readonly env: Readonly<Record<string, string>>;
  readonly passEnv: readonly string[];
  /** Absolute workspace directory; null until the runtime has made one. */
  readonly cwd: string | null;
  readonly mcpServers: readonly unknown[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdBy: Actor;
  readonly state: SessionState;
  /** Why it is `failed` or `ended`, as a sentence; null otherwise. */
  readonly stateReason: string | null;
  readonly acpSessionId: string | null;
  readonly report: AgentReport | null;
  readonly usage: Usage | null;
  readonly queuePaused: boolean;
  /** It was given text by people who may not start work: no rule for trusted authors counts in it. */
  readonly tainted: boolean;
  /** Sequence of the newest event; 0 before the first. */
  readonly lastSeq: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * queued -> running -> done | failed | interrupted; queued -> cancelled.
 * `interrupted`: the process that ran it died; it can be retried as a new prompt.
 * A turn that a person stopped is `done` with the stop reason `cancelled`.
 */
export type PromptState = 'queued' | 'running' | 'done' | 'failed' | 'interrupted' | 'cancelled';

export interface Prompt {
  readonly id: PromptId;
  readonly sessionId: SessionId;
  /** Order in the queue, ascending; gaps mean nothing. */
  readonly rank: number;
  readonly state: PromptState;
  readonly content: readonly ContentBlock[];
  /** The text of `content`, for lists and headers. */
  readonly text: string;
  readonly actor: Actor;
  /** Somebody asked to stop this turn; the owner of the session carries it out. */
  readonly cancelRequested: boolean;
  /** The turn may look and change nothing: what would is refused without anybody being asked. */
  readonly readOnly: boolean;
  readonly stopReason: string | null;
  /** Why it failed, as a sentence. */
  readonly error: string | null;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** Most prompts that may wait in one session's queue (control-plane.md). */
export const QUEUE_LIMIT = 50;
