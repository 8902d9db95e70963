/**
 * initialize, then session/load, resume or new. Every step is raced against the end of the process,
 * so that a broken agent is an error with its stderr, never a wait.
 */
import { RequestError } from '@agentclientprotocol/sdk/unstable';
import { AppError } from '../core/model/errors.ts';
import type { AgentReport } from '../core/model/agent.ts';
import type { OpenedSession } from '../core/ports/agent.ts';
import { AUTH_REQUIRED, loginNeeded } from './failures.ts';
import { textIn } from './json.ts';
import type { AgentCall } from './link.ts';

export interface HandshakeOptions {
  readonly cwd: string;
  readonly mcpServers: readonly unknown[];
  readonly previous: string | null;
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
      return await openSession(deps, how, options);
    } catch (error) {
      const cause = error instanceof AppError ? error.cause : undefined;
      if (!(cause instanceof RequestError)) throw error;
      if (cause.code === AUTH_REQUIRED) throw loginNeeded(initialized, cause);
      if (how === 'new') throw error;
      deps.log('warn', `The agent cannot ${how} the session ${previous}: ${cause.message}`);
    }
  }
  throw new Error('A new session is always tried');
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
