/**
 * What every surface and the API may do with sessions. Each method authorises its caller with the
 * one function of `core/access`, refuses with AppError `forbidden` (and logs the refusal), and has
 * stored what it accepted when it resolves.
 */
import type { Caller } from '../model/actor.ts';
import type { AgentSpawn } from '../model/agent.ts';
import type { ContentBlock } from '../model/content.ts';
import type { PromptId, RequestId, SessionId, ThreadId } from '../model/ids.ts';
import type { PermissionRequest } from '../model/permission.ts';
import type { Prompt, Session } from '../model/session.ts';
import type { Page, SessionFilter } from '../ports/session-store.ts';

export interface CreateSession {
  /** Same id again = the same session (`created: false`). Minted when absent. */
  readonly sessionId?: SessionId | undefined;
  readonly agentTemplateId?: string | undefined;
  /** Instead of a template; needs `maintain`, as it runs any command. */
  readonly spawn?: AgentSpawn | undefined;
  readonly name?: string | undefined;
  /** Absolute; default: a workspace of its own. Any other directory needs `maintain`. */
  readonly cwd?: string | undefined;
  readonly mcpServers?: readonly unknown[] | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

export interface AcceptedPrompt {
  readonly promptId: PromptId;
  readonly state: 'running' | 'queued';
  /** Place in the queue from 1; 0 when it runs at once. */
  readonly position: number;
  /** False: a prompt with this id was accepted before. */
  readonly created: boolean;
}

export type PermissionReply = { readonly optionId: string } | { readonly outcome: 'cancelled' };

export interface TurnResult {
  readonly promptId: PromptId;
  /** ACP's, or `failed` / `interrupted`; `cancelled` also for one cancelled while queued. */
  readonly stopReason: string;
  /** The agent's messages of the turn. */
  readonly text: string;
  readonly error?: string | undefined;
}

export interface SessionService {
  /** Stored, and its agent is being started; a failed start is a `session.error` event. */
  create(caller: Caller, input: CreateSession): Promise<{ session: Session; created: boolean }>;
  session(caller: Caller, id: SessionId): Promise<Session>;
  sessions(
    caller: Caller,
    filter: SessionFilter,
    cursor: string | null,
    limit: number,
  ): Promise<Page<Session>>;

  /** AppError `limited` when the queue is full, `conflict` when the session has ended. */
  prompt(
    caller: Caller,
    id: SessionId,
    input: {
      readonly content: readonly ContentBlock[];
      readonly promptId?: PromptId | undefined;
      /** Before all that wait, and the running turn is cancelled. */
      readonly steer?: boolean | undefined;
      /** The turn may look and change nothing. */
      readonly readOnly?: boolean | undefined;
      /** There is text in it by people who may not start work here. */
      readonly tainted?: boolean | undefined;
      /** The prompt that was asked first, of which this is an edit. */
      readonly editOf?: PromptId | undefined;
    },
  ): Promise<AcceptedPrompt>;
  /** Resolves when the turn has ended (in the log), at once if it has; rejects when aborted. */
  turnResult(caller: Caller, promptId: PromptId, signal: AbortSignal): Promise<TurnResult>;
  /**
   * A new prompt with the content of a failed, interrupted or finished one. `as`: its id, so that
   * asking again for the same retry does nothing; minted when absent.
   */
  retry(caller: Caller, id: SessionId, promptId?: PromptId, as?: PromptId): Promise<AcceptedPrompt>;

  /**
   * Somebody changed what they had asked when its turn had begun: kept, and offered on every thread
   * that shows the session. False: the text is what ran, or the prompt never ran.
   */
  offerEdit(caller: Caller, promptId: PromptId, text: string): Promise<boolean>;
  /**
   * Runs a prompt again with the text that it was edited to; without `promptId` the newest that was
   * edited. Once for each edit, whoever asks. AppError `conflict` when nothing was edited. `check`
   * may throw when the text is not what the caller was shown.
   */
  runEdit(
    caller: Caller,
    id: SessionId,
    promptId?: PromptId,
    check?: (text: string) => void,
  ): Promise<AcceptedPrompt>;

  /** Asks the running turn to stop; false when none runs. */
  cancelTurn(caller: Caller, id: SessionId): Promise<boolean>;
  /** Takes a queued prompt out, or stops it if it runs. */
  cancelPrompt(caller: Caller, id: SessionId, promptId: PromptId): Promise<void>;
  queue(
    caller: Caller,
    id: SessionId,
  ): Promise<{ paused: boolean; running: Prompt | null; waiting: readonly Prompt[] }>;
  /** `order` must name exactly the waiting prompts, or AppError `conflict`. */
  reorderQueue(caller: Caller, id: SessionId, order: readonly PromptId[]): Promise<void>;
  clearQueue(caller: Caller, id: SessionId): Promise<number>;
  pauseQueue(caller: Caller, id: SessionId): Promise<void>;
  resumeQueue(caller: Caller, id: SessionId): Promise<void>;

  /**
   * First valid answer wins. AppError `unprocessable` for an option not offered,
   * `already_answered` with who and what afterwards.
   */
  answerPermission(
    caller: Caller,
    id: SessionId,
    requestId: RequestId,
    reply: PermissionReply,
  ): Promise<PermissionRequest>;
  permissions(caller: Caller, id?: SessionId): Promise<readonly PermissionRequest[]>;

  /** Whether the thread shows the turns of the session. */
  setMuted(caller: Caller, id: SessionId, threadId: ThreadId, muted: boolean): Promise<void>;

  /** Sets a mode, model or other option that the agent reported; starts the agent if need be. */
  setConfig(caller: Caller, id: SessionId, optionId: string, value: string): Promise<Session>;
  /** Ends the session: the turn is cancelled, waiting prompts too, the agent's processes end. */
  close(caller: Caller, id: SessionId): Promise<Session>;
  /** An ended session takes prompts again. */
  reopen(caller: Caller, id: SessionId): Promise<Session>;
}
