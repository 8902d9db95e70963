/**
 * initialize, then session/load, resume or new. Every step is raced against the end of the process,
 * so that a broken agent is an error with its stderr, never a wait.
 */
import { RequestError } from '@agentclientprotocol/sdk/unstable';
import { AppError } from '../core/model/errors.ts';
import type { AgentReport } from '../core/model/agent.ts';
import type { OpenedSession } from '../core/ports/agent.ts';
import { textIn } from './json.ts';
import type { AgentCall } from './link.ts';
import { keyMethods, loginNeeded, loginRefusal } from './login.ts';
import type { LoginGiven } from './login.ts';

export interface HandshakeOptions {
  readonly cwd: string;
  readonly mcpServers: readonly unknown[];
  readonly previous: string | null;
  readonly login: LoginGiven;
}

export interface HandshakeDeps {
  readonly call: AgentCall;
  /** What the agent reported so far. */
  readonly report: () => AgentReport;
  /** Resolves when no update has come for a moment. */
  readonly quiet: () => Promise<void>;
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

/** Rejects with AppError `agent_failed` or `agent_login_needed`. */
export async function handshake(
  deps: HandshakeDeps,
  options: HandshakeOptions,
): Promise<OpenedSession> {
  // Always 1: some agents take 2 when it is offered, and its messages differ.
  const initialized = await deps.call('initialize', {
    protocolVersion: 1,
    clientCapabilities: {},
    clientInfo: { name: 'threadcast', title: 'Threadcast', version: '0.1.0' },
  });
  const { previous } = options;
  const { canLoad, canResume } = deps.report();
  const ways = [
    ...(previous !== null && canLoad ? (['load'] as const) : []),
    ...(previous !== null && canResume ? (['resume'] as const) : []),
    'new' as const,
  ];
  for (const how of ways) {
    try {
      return await loggedIn(deps, initialized, options.login, () =>
        openSession(deps, how, options),
      );
    } catch (error) {
      const cause = error instanceof AppError ? error.cause : undefined;
      if (!(cause instanceof RequestError)) throw error;
      if (how === 'new') throw error;
      deps.log('warn', `The agent cannot ${how} the session ${previous}: ${cause.message}`);
    }
  }
  throw new Error('A new session is always tried');
}

/** Opens again after each login with a key that the agent accepts; AppError `agent_login_needed`. */
async function loggedIn(
  deps: HandshakeDeps,
  initialized: unknown,
  login: LoginGiven,
  open: () => Promise<OpenedSession>,
): Promise<OpenedSession> {
  const attempt = async (): Promise<OpenedSession | RequestError> => {
    try {
      return await open();
    } catch (error) {
      const refusal = loginRefusal(error);
      if (refusal === undefined) throw error;
      return refusal;
    }
  };
  let result = await attempt();
  for (const methodId of keyMethods(initialized)) {
    if (!(result instanceof RequestError)) return result;
    try {
      await deps.call('authenticate', { methodId });
    } catch (error) {
      if (!(error instanceof AppError && error.cause instanceof RequestError)) throw error;
      deps.log('info', `The agent did not take the login "${methodId}": ${error.cause.message}`);
      continue;
    }
    result = await attempt();
  }
  // Thrown without a RequestError as its cause: another way to open would want the login as well.
  if (result instanceof RequestError) throw loginNeeded(initialized, result, login);
  return result;
}

async function openSession(
  deps: HandshakeDeps,
  how: OpenedSession['how'],
  options: HandshakeOptions,
): Promise<OpenedSession> {
  const { cwd, mcpServers, previous } = options;
  const known = how === 'new' ? {} : { sessionId: previous };
  const answer = await deps.call(`session/${how}`, { ...known, cwd, mcpServers });
  // A prompt sent now would make the rest of the history look like its answer.
  if (how === 'load') await deps.quiet();
  const acpSessionId = how === 'new' ? textIn(answer, 'sessionId') : previous;
  if (acpSessionId === undefined || acpSessionId === null) {
    throw new AppError('agent_failed', 'The agent made a session but gave no id for it.');
  }
  return { acpSessionId, how, report: deps.report() };
}
