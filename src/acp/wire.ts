/**
 * The stream under the ACP SDK. The SDK correlates requests with answers; everything that it would
 * change or refuse is taken off the wire before it:
 * - `session/update` goes to `update` raw, synchronously and in wire order (the hot path);
 * - `session/request_permission` goes to `permission` raw, in order with the updates;
 * - noise (no JSON, no message, too long or too deep, an answer to nothing) is logged and goes
 *   nowhere.
 *
 * Request ids are `e<epoch>:<n>`, unique across connections: an answer that was meant for an
 * earlier connection to the same agent can never be taken for ours.
 */
import { randomBytes } from 'node:crypto';
import type { AnyMessage, Stream } from '@agentclientprotocol/sdk/unstable';
import { isObject, textIn } from './json.ts';
import type { JsonObject } from './json.ts';
import { createLineSplitter } from './lines.ts';
import type { LineHandlers } from './lines.ts';
import { createNoiseLog, reasonOf } from './noise.ts';
import type { NoiseLog } from './noise.ts';
import { createPermissionDesk } from './permission.ts';

export interface WireHandlers {
  /** `params` of a session/update. */
  update(params: JsonObject): void;
  /** `params` of a session/request_permission; resolves with its `outcome`. */
  permission(params: JsonObject): Promise<JsonObject>;
  /**
   * The answer to one of our requests was read; called before anything that follows it on the
   * wire. `result` is undefined when the agent refused.
   */
  answered(method: string, result: unknown): void;
  log(level: 'info' | 'warn', message: string): void;
}

export interface WireEnds {
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

export interface Wire {
  /** For the SDK; ends when stdout has ended and every line of it was handled. */
  readonly stream: Stream;
  /** Answers every open permission request with `cancelled`. */
  cancelPermissions(): void;
}

export function createWire(ends: WireEnds, handlers: WireHandlers): Wire {
  const requests = createRequestIds();
  const noise = createNoiseLog(handlers.log);
  const encoder = new TextEncoder();
  const send = (message: object): Promise<void> =>
    ends.write(encoder.encode(`${JSON.stringify(message)}\n`));
  const permissions = createPermissionDesk(handlers.permission, send, handlers.log);
  let toSdk: ReadableStreamDefaultController<AnyMessage> | undefined;

  const take = (message: JsonObject): void => {
    const { id, method, params } = message;
    if (method === 'session/update' && isObject(params)) {
      handlers.update(params);
    } else if (typeof method !== 'string') {
      const request = requests.answered(id);
      if (request === undefined) {
        noise.line('answered what was never asked', JSON.stringify(message));
        return;
      }
      handlers.answered(request.method, isObject(message['error']) ? undefined : message['result']);
      toSdk?.enqueue(asMessage(answerFor(message, request.id)));
    } else if (method === 'session/request_permission' && id !== undefined) {
      permissions.ask(id, isObject(params) ? params : {});
    } else {
      toSdk?.enqueue(asMessage({ ...message, jsonrpc: '2.0' }));
    }
  };

  const lines = createLineSplitter(eachMessage(take, noise));

  const readable = new ReadableStream<AnyMessage>({
    start(controller) {
      toSdk = controller;
      readAll(ends.stdout, lines)
        .catch((error: unknown) => {
          handlers.log('warn', `Reading from the agent broke off: ${reasonOf(error)}`);
        })
        .finally(() => {
          toSdk?.close();
          toSdk = undefined;
        });
    },
    cancel() {
      toSdk = undefined;
    },
  });
  const writable = new WritableStream<AnyMessage>({
    write: (message) => send(requests.outgoing(message)),
  });
  return { stream: { readable, writable }, cancelPermissions: permissions.cancelAll };
}

function eachMessage(take: (message: JsonObject) => void, noise: NoiseLog): LineHandlers {
  return {
    line(text) {
      const message = parseLine(text);
      if (message === undefined) {
        noise.line('printed', text);
        return;
      }
      try {
        take(message);
      } catch (error) {
        // Nested too deep to be stored, say: one bad message must not cost the connection.
        noise.line(`sent what cannot be used (${reasonOf(error)})`, text);
      }
    },
    tooLong: (bytes) => noise.tooLong(bytes),
  };
}

interface Asked {
  /** The SDK's id. */
  readonly id: unknown;
  readonly method: string;
}

/** Our requests on their way, and their ids on the wire. */
function createRequestIds(): {
  outgoing(message: AnyMessage): object;
  /** The request that this id answers, once. */
  answered(wireId: unknown): Asked | undefined;
} {
  const epoch = `e${randomBytes(6).toString('hex')}`;
  const asked = new Map<unknown, Asked>();
  return {
    outgoing(message) {
      if (!('method' in message && 'id' in message)) return message;
      const wireId = `${epoch}:${String(message.id)}`;
      asked.set(wireId, { id: message.id, method: message.method });
      return { ...message, id: wireId };
    },
    answered(wireId) {
      const request = asked.get(wireId);
      asked.delete(wireId);
      return request;
    },
  };
}

async function readAll(
  chunks: AsyncIterable<Uint8Array>,
  lines: { push(chunk: Uint8Array): void; end(): void },
): Promise<void> {
  for await (const chunk of chunks) lines.push(chunk);
  lines.end();
}

function parseLine(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** JSON-RPC allows `result` or `error`, not both; some agents send `error: null` beside a result. */
function answerFor(message: JsonObject, id: unknown): JsonObject {
  const { error, result } = message;
  if (!isObject(error)) return { jsonrpc: '2.0', id, result: result ?? null };
  const code = Number.isInteger(error['code']) ? error['code'] : -32603;
  const said = textIn(error, 'message') ?? 'no reason given';
  return { jsonrpc: '2.0', id, error: { ...error, code, message: said } };
}

function asMessage(message: JsonObject): AnyMessage {
  // Its shape was checked above; the SDK checks what it reads of it once more.
  return message as AnyMessage;
}
