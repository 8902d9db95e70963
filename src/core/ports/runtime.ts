/** Where an agent runs. A runtime gives a byte stream; it knows nothing of ACP. */
import type { SessionId } from '../model/ids.ts';

export interface AgentLaunch {
  readonly sessionId: SessionId;
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute; null: the runtime makes a workspace for the session. */
  readonly cwd: string | null;
  /** The whole environment of template and session, already an allowlist; PATH, HOME, LANG, TERM are added. */
  readonly env: Readonly<Record<string, string>>;
}

export interface AgentExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of stderr, at most 64 KiB, as text. */
  readonly stderrTail: string;
}

/** One running agent process, and its stdio. */
export interface AgentProcess {
  /** Absolute path of the workspace it runs in. */
  readonly cwd: string;
  /** Bytes of stdout; ends when the process closed it. Not read = back-pressure on the agent. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** Resolves when the pipe took the bytes (back-pressure); rejects when the process is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Settles once the process is gone and its output was read. Never rejects. */
  readonly exited: Promise<AgentExit>;
  stderrTail(): string;
  /**
   * close stdin -> 3 s -> SIGTERM -> grace -> SIGKILL, to the whole process group. Resolves when
   * no process of the group is left. Safe to call again.
   */
  end(options?: { readonly graceMs?: number }): Promise<AgentExit>;
}

export interface Runtime {
  readonly typeName: string;
  /** Only one instance can exist (the machine itself). */
  readonly onlyOne: boolean;
  /** An agent outlives the control plane and can be attached to again. */
  readonly survivesReconnect: boolean;
  /** Rejects with AppError `agent_failed` when the command cannot be started. */
  start(launch: AgentLaunch, signal: AbortSignal): Promise<AgentProcess>;
  /** Ends what is left of a session from an earlier process of ours. Never rejects. */
  reap(sessionId: SessionId): Promise<void>;
}
