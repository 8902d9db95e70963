/**
 * The environment of an agent process. An allowlist: nothing of the server's own environment gets
 * in but PATH, so no key or token of ours can leak by default.
 */
import { delimiter, dirname } from 'node:path';

/**
 * Marks every process of one launch, so that those which left the process group are found in
 * `/proc/<pid>/environ`. Value: `<session directory>#<launch>`; unique across data directories.
 */
export const LAUNCH_MARKER = 'THREADCAST_LAUNCH';

export interface EnvironmentInput {
  readonly sessionId: string;
  readonly home: string;
  readonly marker: string;
  /** Shared between sessions: with a HOME each, npx would download every agent again and again. */
  readonly npmCache: string;
  /** PATH to search after the directory of the Node that runs us. */
  readonly basePath: string;
  /** From template and session; wins over everything but the marker and the session's id. */
  readonly launchEnv: Readonly<Record<string, string>>;
}

export function agentEnvironment(input: EnvironmentInput): Record<string, string> {
  return {
    // Our own Node first: an old one on the machine makes npm install old agents without a word.
    PATH: [dirname(process.execPath), input.basePath].filter(Boolean).join(delimiter),
    HOME: input.home,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    npm_config_cache: input.npmCache,
    npm_config_update_notifier: 'false',
    ...input.launchEnv,
    THREADCAST_SESSION: input.sessionId,
    [LAUNCH_MARKER]: input.marker,
  };
}
