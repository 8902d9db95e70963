/** An ACP agent, connected. The adapter speaks ACP; core sees its updates raw and its requests typed. */
import type { AgentReport } from '../model/agent.ts';
import type { ContentBlock } from '../model/content.ts';
import type { PermissionOption } from '../model/permission.ts';
import type { AgentExit, AgentLaunch, AgentProcess } from './runtime.ts';

/** A raw ACP session update: what the agent said, unknown fields and kinds included. */
export interface RawUpdate {
  readonly sessionUpdate: string;
  readonly [field: string]: unknown;
}

export interface AgentPermissionRequest {
  readonly toolCallId: string;
  /** The raw tool call of the request; may be partial. */
  readonly toolCall: Readonly<Record<string, unknown>>;
  readonly options: readonly PermissionOption[];
}

export type PermissionAnswer =
  | { readonly outcome: 'selected'; readonly optionId: string }
  | { readonly outcome: 'cancelled' };

export interface AgentHandlers {
  /** Synchronous and in wire order; `replay` while session/load repeats the history. */
  update(update: RawUpdate, replay: boolean): void;
  /** Called in wire order with `update`; the promise is the answer and may take days. */
  permission(request: AgentPermissionRequest): Promise<PermissionAnswer>;
  /** The agent changed its mode, model or options (`update` saw the raw update before). */
  report(report: AgentReport): void;
  /** Noise: a stdout line that is no JSON, a line too long, a request we do not serve. */
  log(level: 'info' | 'warn', message: string): void;
}

export interface OpenedSession {
  readonly acpSessionId: string;
  readonly how: 'new' | 'load' | 'resume';
  readonly report: AgentReport;
}

export interface AgentConnection {
  readonly exited: Promise<AgentExit>;
  /** Resolves with the stop reason at the end of the turn, however long it takes. One at a time. */
  prompt(
    content: readonly ContentBlock[],
  ): Promise<{ readonly stopReason: string; readonly usage?: Readonly<Record<string, unknown>> }>;
  /** ACP session/cancel; a notification: the turn ends by `prompt` resolving. */
  cancel(): void;
  /** `session/set_config_option`, falling back to set_mode / set_model. Gives the new report. */
  setConfig(id: 'mode' | 'model' | (string & {}), value: string): Promise<AgentReport>;
  /** Ends connection and process, as `AgentProcess.end` does. */
  close(options?: { readonly graceMs?: number }): Promise<AgentExit>;
}

export interface AgentConnector {
  /**
   * initialize (raced against exit) and session/load, resume or new, in this order of preference
   * when `previous` is given. Rejects with AppError `agent_failed` (with the stderr tail) or
   * `agent_login_needed`; the process is ended then.
   */
  open(
    process: AgentProcess,
    options: {
      readonly mcpServers: readonly unknown[];
      readonly previous: string | null;
      readonly signal: AbortSignal;
      /** What it was started with, to say what it lacks when it refuses. */
      readonly launch: Pick<AgentLaunch, 'args' | 'env'>;
    },
    handlers: AgentHandlers,
  ): Promise<{ readonly connection: AgentConnection; readonly opened: OpenedSession }>;
}
