/**
 * The runtime `local`: agents as child processes of ours, each in its own process group, with an
 * environment of their own. No sandbox: an agent can do what the user of the server can.
 *
 * Invariant: once `exited`, `end` or `reap` has settled, no process of that launch is left.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { AppError } from '../../core/model/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { AgentLaunch, AgentProcess, Runtime } from '../../core/ports/runtime.ts';
import { agentEnvironment } from './environment.ts';
import { groupFromLaunchFile, removeLaunchFile, writeLaunchFile } from './launch-file.ts';
import { superviseProcess } from './process.ts';
import { DEFAULT_GRACE_MS, sweep } from './sweep.ts';
import { prepareWorkspace, sessionDirectories } from './workspace.ts';

export interface LocalRuntimeOptions {
  /** Where sessions get their directories. A name beginning with a dot in it is ours. */
  readonly workspacesDir: string;
  /** PATH of agents, after the directory of our own Node: usually the server's own PATH. */
  readonly basePath: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createLocalRuntime(options: LocalRuntimeOptions): Runtime {
  const workspacesDir = resolve(options.workspacesDir);
  const { clock, logger } = options;
  return {
    typeName: 'local',
    onlyOne: true,
    survivesReconnect: false,

    async start(launch, signal) {
      const directories = sessionDirectories(workspacesDir, launch.sessionId);
      const cwd = await prepareWorkspace(directories, launch.cwd);
      signal.throwIfAborted();
      const marker = `${directories.session}#${randomUUID()}`;
      const env = agentEnvironment({
        sessionId: launch.sessionId,
        home: directories.home,
        marker,
        npmCache: join(workspacesDir, '.npm'),
        basePath: options.basePath,
        launchEnv: launch.env,
      });
      const child = await spawnChild(launch, cwd, env);
      const started = superviseProcess(child, {
        cwd,
        marker,
        clock,
        logger,
        onGone: (pid) => removeLaunchFile(directories.session, pid),
      });
      await recordLaunch(directories.session, started, signal);
      return started.process;
    },

    async reap(sessionId) {
      try {
        const { session } = sessionDirectories(workspacesDir, sessionId);
        const pgid = await groupFromLaunchFile(session);
        const left = await sweep({ pgid, marker: `${session}#` }, clock, DEFAULT_GRACE_MS);
        if (left.length > 0) {
          logger.error({ sessionId, pids: left }, 'Processes of an earlier agent cannot be ended');
          return;
        }
        await removeLaunchFile(session);
      } catch (error) {
        logger.error({ sessionId, err: error }, 'Could not look for an earlier agent of a session');
      }
    },
  };
}

async function recordLaunch(
  sessionDir: string,
  started: { readonly pid: number; readonly process: AgentProcess },
  signal: AbortSignal,
): Promise<void> {
  try {
    await writeLaunchFile(sessionDir, started.pid);
    signal.throwIfAborted();
  } catch (error) {
    await started.process.end({ graceMs: 0 });
    throw error;
  }
}

async function spawnChild(
  launch: AgentLaunch,
  cwd: string,
  env: Record<string, string>,
): Promise<ChildProcessWithoutNullStreams> {
  try {
    const child = spawn(launch.command, [...launch.args], {
      cwd,
      env,
      detached: true,
      shell: false,
      stdio: 'pipe',
    });
    await once(child, 'spawn');
    return child;
  } catch (cause) {
    throw new AppError('agent_failed', startError(launch.command, cause), {
      details: { command: launch.command },
      cause,
    });
  }
}

function startError(command: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') {
    return `The agent's command "${command}" was not found. Install it, or correct the command in its template.`;
  }
  if (code === 'EACCES') {
    return `The agent's command "${command}" may not be executed by the user that runs the server.`;
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `The agent's command "${command}" could not be started: ${reason}`;
}
