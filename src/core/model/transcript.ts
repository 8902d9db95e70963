/**
 * Transcript: the folded view of a session's events, which renderers read. Made by
 * `core/transcript/fold.ts`; every list is in the order in which things appeared.
 */
import type { Actor } from './actor.ts';
import type { PromptId, RequestId } from './ids.ts';
import type { ClosedReason, PermissionOption } from './permission.ts';
import type { Usage } from './session.ts';

export interface PlanEntry {
  readonly content: string;
  /** `pending in_progress completed`; an unknown one is kept. */
  readonly status: string;
  readonly priority?: string | undefined;
}

/**
 * The full old and new text, as ACP gives it. `oldText` null: a new file. `path` is relative to the
 * workspace for a file within it, and absolute otherwise; so are `locations`.
 */
export interface DiffContent {
  readonly type: 'diff';
  readonly path: string;
  readonly oldText: string | null;
  readonly newText: string;
}

export type ToolContent =
  | DiffContent
  | { readonly type: 'text'; readonly text: string }
  /** Output of a terminal that the agent runs itself (`_meta.terminal_output*`). */
  | { readonly type: 'terminal'; readonly terminalId: string; readonly output: string }
  /** Something we cannot show; `label` names it. */
  | { readonly type: 'other'; readonly label: string };

export interface ToolCall {
  readonly toolCallId: string;
  readonly title: string;
  /** ACP ToolKind; `other` when unknown or absent. */
  readonly kind: string;
  /** ACP ToolCallStatus, or `cancelled`: open when its turn ended. */
  readonly status: string;
  readonly content: readonly ToolContent[];
  readonly locations: readonly { readonly path: string; readonly line?: number | undefined }[];
  /** What runs, when the agent says so: the command line of an execute call. */
  readonly command?: string | undefined;
  /** ACP `rawInput` as the agent said it last; absent when it never did. */
  readonly input?: Readonly<Record<string, unknown>> | undefined;
}

/** What appeared in a turn, in order: text, thoughts, tool calls, notices. */
export type TurnPart =
  | { readonly type: 'message'; readonly messageId: string | null; readonly text: string }
  | { readonly type: 'thought'; readonly messageId: string | null; readonly text: string }
  | { readonly type: 'tool_call'; readonly toolCallId: string }
  | { readonly type: 'notice'; readonly text: string };

export interface PermissionView {
  readonly requestId: RequestId;
  readonly promptId: PromptId | null;
  readonly code: string;
  readonly toolCall: ToolCall;
  /** The raw ACP tool call as it was asked, the same as in the PermissionRequest. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly options: readonly PermissionOption[];
  readonly requestedAt: number;
  readonly expiresAt: number;
  /** When people were reminded of it; absent: not yet. */
  readonly remindedAt?: number | undefined;
  readonly outcome: null | {
    readonly kind: 'selected' | 'cancelled' | 'expired';
    readonly option: PermissionOption | null;
    readonly by: Actor;
    readonly at: number;
    readonly rule?: string | undefined;
    readonly reason?: ClosedReason | undefined;
  };
}

export type TurnState =
  | 'queued'
  | 'preparing'
  | 'working'
  | 'waiting'
  /** The agent was told to stop, and has not yet. */
  | 'stopping'
  | 'done'
  | 'failed'
  | 'stopped'
  | 'interrupted'
  | 'cancelled';

/** A text that came too late for its turn. */
export interface TurnEdit {
  readonly text: string;
  readonly by: Actor;
  readonly at: number;
  /** Who runs it again with this text; null: nobody yet. */
  readonly takenBy: Actor | null;
}

export interface TurnView {
  readonly promptId: PromptId;
  readonly text: string;
  readonly actor: Actor;
  readonly state: TurnState;
  /** It may look and change nothing. */
  readonly readOnly: boolean;
  /** Place in the queue, from 1; null unless queued. */
  readonly position: number | null;
  /** Why it failed, as a sentence; null otherwise. */
  readonly reason: string | null;
  readonly stopReason: string | null;
  readonly parts: readonly TurnPart[];
  readonly toolCalls: ReadonlyMap<string, ToolCall>;
  readonly plan: readonly PlanEntry[];
  readonly usage: Usage | null;
  /** The newest text that the prompt was edited to when its turn had begun. */
  readonly edit?: TurnEdit | undefined;
  /** The prompt that was asked first, of which this is an edit. */
  readonly editOf?: PromptId | undefined;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** When the newest event of the turn was logged: silence is measured from here. */
  readonly lastEventAt: number;
  /** Sequence of the newest event that changed this view. */
  readonly version: number;
}

export interface Transcript {
  readonly agentName: string;
  readonly title: string | null;
  /** Absolute directory in which the agent works; null until it started. */
  readonly cwd: string | null;
  readonly turns: ReadonlyMap<PromptId, TurnView>;
  readonly permissions: ReadonlyMap<RequestId, PermissionView>;
  /** Waiting prompts in order. */
  readonly queue: readonly PromptId[];
  readonly queuePaused: boolean;
  /** Slash commands of the agent, by name. */
  readonly agentCommands: readonly { readonly name: string; readonly description: string }[];
  readonly currentModeId: string | null;
  readonly usage: Usage | null;
  /** Ids of threads that show no turns. */
  readonly muted?: readonly string[] | undefined;
  readonly ended: boolean;
  /** It was closed, and its agent has not been started since. */
  readonly reopened: boolean;
  /** Newest sequence folded in. */
  readonly seq: number;
}
