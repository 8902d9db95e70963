/** What went wrong with an agent -> the AppError that people see. */
import type { RequestError } from '@agentclientprotocol/sdk/unstable';
import { AppError } from '../core/model/errors.ts';
import type { AgentExit } from '../core/ports/runtime.ts';
import { isObject, objectIn, objectsIn, textIn } from './json.ts';
import type { JsonObject } from './json.ts';

/** ACP's "authentication required". */
export const AUTH_REQUIRED = -32000;

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

/** The agent wants a login first. `initialized` is its answer to `initialize`. */
export function loginNeeded(initialized: unknown, error: RequestError): AppError {
  const title =
    textIn(objectIn(initialized, 'agentInfo'), 'title') ??
    textIn(objectIn(initialized, 'agentInfo'), 'name') ??
    'The agent';
  const methods = objectsIn(initialized, 'authMethods').map(asMethod);
  const ways = methods
    .map((method) => [method.name, method.description].filter(Boolean).join(': '))
    .map((way, index) => {
      const command = methods[index]?.command;
      return command === undefined ? `- ${way}` : `- ${way} (\`${command}\`)`;
    });
  const text =
    ways.length === 0
      ? `${title} is not logged in: ${error.message}. Give it its API key, or log in with its own command.`
      : `${title} is not logged in. It offers:\n${ways.join('\n')}\nLog in on the machine where it runs, or give it its API key.`;
  return new AppError('agent_login_needed', text, { details: { methods }, cause: error });
}

function asMethod(method: JsonObject): {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly command: string | undefined;
} {
  const id = textIn(method, 'id') ?? '';
  const terminal = objectIn(objectIn(method, '_meta'), 'terminal-auth');
  const command = textIn(terminal, 'command');
  const args = isObject(terminal) && Array.isArray(terminal['args']) ? terminal['args'] : [];
  return {
    id,
    name: textIn(method, 'name') ?? id,
    description: textIn(method, 'description'),
    command: command === undefined ? undefined : [command, ...args.map(String)].join(' '),
  };
}

function shownTail(stderr: string): string {
  const lines = stderr.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  return lines.trim() === '' ? '' : `\n${lines.slice(-TAIL_CHARACTERS)}`;
}
