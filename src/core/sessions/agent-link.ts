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
   * The connection; starts the agent when there is none. Rejects with `agent_failed` or
   * `agent_login_needed`.
   */
  ensure(session: Session, signal: AbortSignal): Promise<AgentConnection>;
  /** Once after a start: true when this agent knows nothing of the session's earlier turns. */
  takeFresh(): boolean;
  live(): AgentConnection | undefined;
  /** An agent is being started. */
  starting(): boolean;
  /** Directory in which the agent runs, or ran last. */
  workspace(): string;
  /** Ends connection and processes; resolves when they are gone. `graceMs`: from SIGTERM to SIGKILL. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
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

export function createAgentLink(deps: LinkDeps): AgentLink {
  return new Link(deps);
}

class Link implements AgentLink {
  readonly #deps: LinkDeps;
  #live: AgentConnection | undefined;
  #fresh = false;
  #starting: Promise<AgentConnection> | undefined;
  #abortStart = new AbortController();
  /** Resolves when the agent that is being ended is gone. */
  #closing: Promise<void> | undefined;
  #workspace = '/';

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  async ensure(session: Session, signal: AbortSignal): Promise<AgentConnection> {
    if (this.#live) return this.#live;
    this.#starting ??= this.#startNext(session).finally(() => {
      this.#starting = undefined;
    });
    const abort = (): void => this.#abortStart.abort();
    signal.addEventListener('abort', abort, { once: true });
    return this.#starting.finally(() => signal.removeEventListener('abort', abort));
  }

  takeFresh(): boolean {
    const fresh = this.#fresh;
    this.#fresh = false;
    return fresh;
  }

  live(): AgentConnection | undefined {
    return this.#live;
  }

  workspace(): string {
    return this.#workspace;
  }

  starting(): boolean {
    return this.#starting !== undefined;
  }

  close(options?: { readonly graceMs?: number }): Promise<void> {
    this.#closing ??= this.#end(options).finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  async #end(options?: { readonly graceMs?: number }): Promise<void> {
    this.#abortStart.abort();
    await this.#starting?.catch(() => undefined);
    const connection = this.#live;
    this.#live = undefined;
    await connection?.close(options);
  }

  /** After the agent before is gone: both would use the same HOME. */
  async #startNext(session: Session): Promise<AgentConnection> {
    await this.#closing;
    return this.#startInTime(session);
  }

  async #startInTime(session: Session): Promise<AgentConnection> {
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

  async #start(session: Session, signal: AbortSignal): Promise<AgentConnection> {
    const agent = await this.#startProcess(session, signal);
    this.#workspace = agent.cwd;
    const { connection, opened } = await this.#deps.connector.open(
      agent,
      {
        mcpServers: session.mcpServers,
        previous: session.acpSessionId,
        signal,
        launch: this.#launchOf(session),
      },
      { ...this.#deps.handlers, report: (report) => this.#onReport(report) },
    );
    this.#fresh = opened.how === 'new' && session.acpSessionId !== null;
    this.#live = connection;
    this.#watch(connection);
    const { name, title, version } = opened.report;
    await this.#deps.writer.commit({
      session: { acpSessionId: opened.acpSessionId, report: opened.report, cwd: agent.cwd },
      events: [
        {
          type: 'session.started',
          data: {
            acpSessionId: opened.acpSessionId,
            cwd: agent.cwd,
            how: this.#fresh ? 'transcript' : opened.how,
            agent: { name, title, version },
          },
        },
      ],
    });
    return connection;
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
      if (this.#live !== connection) return;
      this.#live = undefined;
      if (!this.#closing) this.#deps.onExit(exit);
    });
  }
}
