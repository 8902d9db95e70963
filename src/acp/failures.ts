/** What went wrong with an agent -> the AppError that people see. */
import type { RequestError } from '@agentclientprotocol/sdk/unstable';
import { AppError } from '../core/model/errors.ts';
import type { AgentExit } from '../core/ports/runtime.ts';
import { textIn } from './json.ts';

const TAIL_LINES = 10;
const TAIL_CHARACTERS = 1_000;

/** The agent's process ended when it should not have; `when` completes the sentence. */
export function exitError(exit: AgentExit, when: string): AppError {
  const how =
    exit.signal === null ? `exited with code ${exit.code ?? 0}` : `was ended by ${exit.signal}`;
  return new AppError('agent_failed', `The agent ${how} ${when}.${shownTail(exit.stderrTail)}`, {
    details: { exitCode: exit.code, signal: exit.signal },
  });
}

/** The agent refused a request with a JSON-RPC error. */
export function refusal(error: RequestError, what: string, stderrTail: string): AppError {
  const detail = textIn(error.data, 'details') ?? textIn(error.data, 'message');
  const reason = detail === undefined || detail === error.message ? '' : ` (${detail})`;
  return new AppError(
    'agent_failed',
    `The agent answered ${what} with an error: ${error.message}${reason}${shownTail(stderrTail)}`,
    { details: { rpcCode: error.code, rpcData: error.data }, cause: error },
  );
}

function shownTail(stderr: string): string {
  const lines = stderr.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  return lines.trim() === '' ? '' : `\n${lines.slice(-TAIL_CHARACTERS)}`;
}
