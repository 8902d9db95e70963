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
import type { AgentExit, AgentLaunch, AgentProcess, Runtime } from '../ports/runtime.ts';
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
  /** Directory in which the agent runs, or ran last. */
  workspace(): string;
  /** Ends connection and processes; resolves when they are gone. */
  close(): Promise<void>;
}

interface LinkDeps {
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
}

interface Live {
  readonly connection: AgentConnection;
  readonly fresh: boolean;
}

export function createAgentLink(deps: LinkDeps): AgentLink {
  return new Link(deps);
}

class Link implements AgentLink {
  readonly #deps: LinkDeps;
  #live: Live | undefined;
  #starting: Promise<Live> | undefined;
  #abortStart = new AbortController();
  #closing = false;
  #workspace = '/';

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  async ensure(session: Session, signal: AbortSignal): Promise<Live> {
    if (this.#live) {
      const live = this.#live;
      this.#live = { ...live, fresh: false };
      return live;
    }
    this.#starting ??= this.#startInTime(session).finally(() => {
      this.#starting = undefined;
    });
    const abort = (): void => this.#abortStart.abort();
    signal.addEventListener('abort', abort, { once: true });
    return this.#starting.finally(() => signal.removeEventListener('abort', abort));
  }

  live(): AgentConnection | undefined {
    return this.#live?.connection;
  }

  workspace(): string {
    return this.#workspace;
  }

  starting(): boolean {
    return this.#starting !== undefined;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#abortStart.abort();
    try {
      await this.#starting?.catch(() => undefined);
      const { connection } = this.#live ?? {};
      this.#live = undefined;
      await connection?.close();
    } finally {
      this.#closing = false;
    }
  }

  async #startInTime(session: Session): Promise<Live> {
    const abort = new AbortController();
    this.#abortStart = abort;
    let late = false;
    const forget = this.#deps.clock.after(START_TIMEOUT_MS, () => {
      late = true;
      abort.abort();
    });
    try {
      return await this.#start(session, abort.signal);
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

  async #start(session: Session, signal: AbortSignal): Promise<Live> {
    const agent = await this.#startProcess(session, signal);
    this.#workspace = agent.cwd;
    const { connection, opened } = await this.#deps.connector.open(
      agent,
      { mcpServers: session.mcpServers, previous: session.acpSessionId, signal },
      { ...this.#deps.handlers, report: (report) => this.#onReport(report) },
    );
    const fresh = opened.how === 'new' && session.acpSessionId !== null;
    const live: Live = { connection, fresh };
    this.#live = live;
    this.#watch(connection);
    const { name, title, version } = opened.report;
    await this.#deps.writer.commit({
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
    return live;
  }

  async #startProcess(session: Session, signal: AbortSignal): Promise<AgentProcess> {
    const { writer } = this.#deps;
    const { provider } = session.runtime;
    writer.append({ type: 'span.environment_setup_start', data: { runtime: provider } });
    try {
      const agent = await this.#runtime(provider).start(this.#launchOf(session), signal);
      writer.append({ type: 'span.environment_setup_end', data: { ok: true } });
      return agent;
    } catch (error) {
      const reason = isAppError(error) ? error.message : 'internal error';
      writer.append({ type: 'span.environment_setup_end', data: { ok: false, reason } });
      throw error;
    }
  }

  #launchOf(session: Session): AgentLaunch {
    const passed = this.#deps.environment(session.passEnv);
    return {
      sessionId: session.id,
      command: session.spawn.command,
      args: session.spawn.args,
      cwd: session.cwd,
      env: { ...passed, ...session.runtime.env, ...session.env },
    };
  }

  #runtime(provider: string): Runtime {
    const runtime = this.#deps.runtimes.get(provider);
    if (runtime) return runtime;
    const known = [...this.#deps.runtimes.keys()].join(', ');
    throw new AppError(
      'agent_failed',
      `There is no runtime "${provider}" here. Available: ${known}.`,
    );
  }

  #onReport(report: AgentReport): void {
    this.#deps.writer.commit({ session: { report }, events: [] }).catch((error: unknown) => {
      this.#deps.logger.debug({ err: error }, 'agent report not stored');
    });
  }

  #watch(connection: AgentConnection): void {
    void connection.exited.then((exit) => {
      if (this.#live?.connection !== connection) return;
      this.#live = undefined;
      if (!this.#closing) this.#deps.onExit(exit);
    });
  }
}
