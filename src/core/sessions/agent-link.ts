/**
 * The live agent of a session: at most one process and one ACP connection, started when needed,
 * forgotten when it exits. Everything here can be lost: the next `ensure` starts the agent again
 * and loads its ACP session where it can.
 */
import type { AgentReport } from '../model/agent.ts';
import { AppError, isAppError } from '../model/errors.ts';
import type { Session } from '../model/session.ts';
import type { AgentConnection, AgentConnector, AgentHandlers } from '../ports/agent.ts';
import type { Logger } from '../ports/logger.ts';
import type { Clock } from '../ports/clock.ts';
import type { AgentExit, AgentProcess, Runtime } from '../ports/runtime.ts';
import type { SessionWriter } from './writer.ts';

/** From launch to an open ACP session; long, because `npx` may have to install the agent first. */
export const START_TIMEOUT_MS = 5 * 60_000;

export interface AgentLink {
  /**
   * The connection; starts the agent when there is none. `fresh` = it knows nothing of the earlier
   * turns of this session. Rejects with `agent_failed` or `agent_login_needed`.
   */
  ensure(
    session: Session,
    signal: AbortSignal,
  ): Promise<{ connection: AgentConnection; fresh: boolean }>;
  live(): AgentConnection | undefined;
  /** An agent is being started. */
  starting(): boolean;
  /** Ends connection and processes; resolves when they are gone. */
  close(): Promise<void>;
}

export function createAgentLink(deps: {
  readonly writer: SessionWriter;
  readonly runtimes: ReadonlyMap<string, Runtime>;
  readonly connector: AgentConnector;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Values of the server's own variables that a template asks for. */
  readonly environment: (names: readonly string[]) => Readonly<Record<string, string>>;
  readonly handlers: Omit<AgentHandlers, 'report'>;
  /** The agent is gone although nobody closed it. */
  readonly onExit: (exit: AgentExit) => void;
}): AgentLink {
  const { writer, logger } = deps;
  let current: { connection: AgentConnection; fresh: boolean } | undefined;
  let starting: Promise<{ connection: AgentConnection; fresh: boolean }> | undefined;
  let abortStart = new AbortController();
  let closing = false;

  function runtimeOf(session: Session): Runtime {
    const runtime = deps.runtimes.get(session.runtime.provider);
    if (runtime) return runtime;
    const known = [...deps.runtimes.keys()].join(', ');
    throw new AppError(
      'agent_failed',
      `There is no runtime "${session.runtime.provider}" here. Available: ${known}.`,
    );
  }

  async function startProcess(session: Session, signal: AbortSignal): Promise<AgentProcess> {
    writer.append({
      type: 'span.environment_setup_start',
      data: { runtime: session.runtime.provider },
    });
    const ended = (ok: boolean, reason?: string): void =>
      writer.append({
        type: 'span.environment_setup_end',
        data: { ok, ...(reason === undefined ? {} : { reason }) },
      });
    try {
      const agent = await runtimeOf(session).start(
        {
          sessionId: session.id,
          command: session.spawn.command,
          args: session.spawn.args,
          cwd: session.cwd,
          env: { ...deps.environment(session.passEnv), ...session.runtime.env, ...session.env },
        },
        signal,
      );
      ended(true);
      return agent;
    } catch (error) {
      ended(false, isAppError(error) ? error.message : 'internal error');
      throw error;
    }
  }

  function onReport(report: AgentReport): void {
    writer.commit({ session: { report }, events: [] }).catch((error: unknown) => {
      logger.debug({ err: error }, 'agent report not stored');
    });
  }

  function watch(connection: AgentConnection): void {
    void connection.exited.then((exit) => {
      if (current?.connection !== connection) return;
      current = undefined;
      if (!closing) deps.onExit(exit);
    });
  }

  async function start(session: Session, signal: AbortSignal) {
    const agent = await startProcess(session, signal);
    const { connection, opened } = await deps.connector.open(
      agent,
      { mcpServers: session.mcpServers, previous: session.acpSessionId, signal },
      { ...deps.handlers, report: onReport },
    );
    const fresh = opened.how === 'new' && session.acpSessionId !== null;
    current = { connection, fresh };
    watch(connection);
    const { name, title, version } = opened.report;
    await writer.commit({
      session: { acpSessionId: opened.acpSessionId, report: opened.report, cwd: agent.cwd },
      events: [
        {
          type: 'session.started',
          data: {
            acpSessionId: opened.acpSessionId,
            how: fresh ? 'transcript' : opened.how,
            agent: { name, title, version },
          },
        },
      ],
    });
    return current;
  }

  async function startInTime(session: Session) {
    abortStart = new AbortController();
    let late = false;
    const forget = deps.clock.after(START_TIMEOUT_MS, () => {
      late = true;
      abortStart.abort();
    });
    try {
      return await start(session, abortStart.signal);
    } catch (error) {
      if (!late) throw error;
      const minutes = START_TIMEOUT_MS / 60_000;
      throw new AppError('agent_failed', `The agent was not ready after ${minutes} min.`, {
        cause: error,
      });
    } finally {
      forget();
    }
  }

  return {
    async ensure(session, signal) {
      if (current) {
        const known = current;
        current = { ...known, fresh: false };
        return known;
      }
      starting ??= startInTime(session).finally(() => {
        starting = undefined;
      });
      const abort = (): void => abortStart.abort();
      signal.addEventListener('abort', abort, { once: true });
      return starting.finally(() => signal.removeEventListener('abort', abort));
    },
    live: () => current?.connection,
    starting: () => starting !== undefined,
    async close() {
      closing = true;
      abortStart.abort();
      try {
        await starting?.catch(() => undefined);
        const { connection } = current ?? {};
        current = undefined;
        await connection?.close();
      } finally {
        closing = false;
      }
    },
  };
}
