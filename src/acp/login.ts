/**
 * Agents that want a login (ACP error -32000). We never start one that needs a person at the
 * machine; but some agents use the key in their environment only after an `authenticate`.
 */
import { RequestError } from '@agentclientprotocol/sdk/unstable';
import { AppError } from '../core/model/errors.ts';
import { isObject, objectIn, objectsIn, textIn } from './json.ts';
import type { JsonObject } from './json.ts';
import { ownCommand } from '../core/model/own-command.ts';

const AUTH_REQUIRED = -32000;

const MEND = `Set its key in the environment of the server (\`${ownCommand('agents')}\` says which), start the server again, then retry.`;

/** The agent's refusal when it is for want of a login; undefined for any other error. */
export function loginRefusal(error: unknown): RequestError | undefined {
  const cause = error instanceof AppError ? error.cause : undefined;
  return cause instanceof RequestError && cause.code === AUTH_REQUIRED ? cause : undefined;
}

/** Ids of the login methods that take a key and open no browser or terminal. */
export function keyMethods(initialized: unknown): readonly string[] {
  return objectsIn(initialized, 'authMethods').flatMap((method) => {
    const id = textIn(method, 'id');
    const words = [id, textIn(method, 'name'), textIn(method, 'description')].join(' ');
    const takesKey =
      objectIn(objectIn(method, '_meta'), 'api-key') !== undefined || /api[ _-]?key/i.test(words);
    return id !== undefined && takesKey ? [id] : [];
  });
}

/** The agent wants a login first. `initialized` is its answer to `initialize`. */
export function loginNeeded(initialized: unknown, cause: RequestError): AppError {
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
      ? `${title} is not logged in: ${cause.message}. ${MEND}`
      : `${title} is not logged in. It offers:\n${ways.join('\n')}\n${MEND}`;
  return new AppError('agent_login_needed', text, { details: { methods, reason: cause.message } });
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
