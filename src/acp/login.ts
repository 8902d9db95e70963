/**
 * Agents that want a login (ACP error -32000). We never start one that needs a person at the
 * machine; but some agents use the key in their environment only after an `authenticate`.
 */
import { RequestError } from '@agentclientprotocol/sdk/unstable';
import { AppError } from '../core/model/errors.ts';
import { loginVariables } from './builtin-templates.ts';
import { isObject, objectIn, objectsIn, textIn } from './json.ts';
import type { JsonObject } from './json.ts';
import { ownCommand } from '../core/model/own-command.ts';

const AUTH_REQUIRED = -32000;

/** What the agent was started with, as far as it could log it in. */
export interface LoginGiven {
  /** Names of variables, one of which it needs; empty for an agent that we do not know. */
  readonly keys: readonly string[];
  /** Those of them that it was given. */
  readonly given: readonly string[];
}

export function loginGiven(launch: {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}): LoginGiven {
  const keys = loginVariables(launch.args);
  return { keys, given: keys.filter((key) => (launch.env[key] ?? '') !== '') };
}

/** What somebody has to do for the agent to be logged in, as a sentence. */
function mendOf({ keys, given }: LoginGiven): string {
  const then = 'start the server again, then retry.';
  if (given.length > 0) {
    return `It was given ${given.join(' and ')} and does not take it: correct that where the server runs, ${then}`;
  }
  const what =
    keys.length > 0
      ? `Set ${keys.join(' or ')} in the environment of the server`
      : `Set its key in the environment of the server (\`${ownCommand('agents')}\` says which)`;
  return `${what}, ${then}`;
}

/**
 * The error of an agent that got none of the keys that it needs: says so, as many agents fail for
 * want of one with words of their own.
 */
export function withoutKey(error: unknown, login: LoginGiven): unknown {
  if (!(error instanceof AppError) || error.code !== 'agent_failed') return error;
  if (login.keys.length === 0 || login.given.length > 0) return error;
  const [first = '', ...rest] = error.message.split('\n');
  const stop = /[.!?:]$/.test(first) ? '' : '.';
  const told = `${first}${stop} It was given no key. ${mendOf(login)}`;
  return new AppError(error.code, [told, ...rest].join('\n'), {
    details: error.details,
    cause: error.cause,
  });
}

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

/** The agent wants a login first. `initialized` is its answer to `initialize`, or the `agentInfo` of it. */
export function loginNeeded(
  initialized: unknown,
  cause: RequestError,
  login: LoginGiven = { keys: [], given: [] },
): AppError {
  const info = objectIn(initialized, 'agentInfo');
  const title = textIn(info, 'title') ?? textIn(info, 'name') ?? 'The agent';
  const methods = objectsIn(initialized, 'authMethods').map(asMethod);
  const details = { methods, reason: cause.message };
  const sentence = `${title} is not logged in: ${cause.message.replace(/\.$/, '')}. ${mendOf(login)}`;
  if (login.keys.length > 0 || methods.length === 0) {
    return new AppError('agent_login_needed', sentence, { details });
  }
  const ways = methods.map(({ name, description, command }) => {
    const way = [name, description].filter(Boolean).join(': ');
    return command === undefined ? `- ${way}` : `- ${way} (\`${command}\`)`;
  });
  const text = `${title} is not logged in. It offers:\n${ways.join('\n')}\n${mendOf(login)}`;
  return new AppError('agent_login_needed', text, { details });
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
