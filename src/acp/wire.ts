/**
 * The stream under the ACP SDK. The SDK correlates requests with answers; everything that it would
 * change or refuse is taken off the wire before it:
 * - `session/update` goes to `update` raw, synchronously and in wire order (the hot path);
 * - `session/request_permission` goes to `permission` raw, in order with the updates;
 * - noise (no JSON, no message, too long, an answer to nothing) is logged and goes nowhere.
 *
 * Request ids are `e<epoch>:<n>`, unique across connections: an answer that was meant for an
 * earlier connection to the same agent can never be taken for ours.
 */
import { randomBytes } from 'node:crypto';
import type { AnyMessage, Stream } from '@agentclientprotocol/sdk/unstable';
import { isObject, textIn } from './json.ts';
import type { JsonObject } from './json.ts';
import { createLineSplitter } from './lines.ts';

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
  readonly stream: Stream;
  /** Settles when stdout has ended and every line of it was handled. Never rejects. */
  readonly ended: Promise<void>;
  /** Answers every open permission request with `cancelled`. */
  cancelPermissions(): void;
}

const SHOWN = 200;

export function createWire(ends: WireEnds, handlers: WireHandlers): Wire {
  const epoch = `e${randomBytes(6).toString('hex')}`;
  /** Our requests on their way: wire id -> the SDK's id and the method. */
  const asked = new Map<string, { readonly id: unknown; readonly method: string }>();
  const openPermissions = new Map<unknown, (outcome: JsonObject) => void>();
  let toSdk: ReadableStreamDefaultController<AnyMessage> | undefined;
  const encoder = new TextEncoder();

  const send = (message: object): Promise<void> =>
    ends.write(encoder.encode(`${JSON.stringify(message)}\n`));

  const askPermission = (id: unknown, params: JsonObject): void => {
    const answer = (outcome: JsonObject): void => {
      if (!openPermissions.delete(id)) return;
      // A process that is gone needs no answer; its exit is told elsewhere.
      send({ jsonrpc: '2.0', id, result: { outcome } }).catch(() => undefined);
    };
    openPermissions.set(id, answer);
    handlers.permission(params).then(answer, (error: unknown) => {
      handlers.log(
        'warn',
        `A permission request was not answered and is cancelled: ${said(error)}`,
      );
      answer({ outcome: 'cancelled' });
    });
  };

  const takeAnswer = (message: JsonObject): void => {
    const wireId = textIn(message, 'id');
    const request = wireId === undefined ? undefined : asked.get(wireId);
    if (wireId === undefined || request === undefined) {
      handlers.log('warn', 'The agent answered a request that was never sent; ignored.');
      return;
    }
    asked.delete(wireId);
    handlers.answered(request.method, isObject(message['error']) ? undefined : message['result']);
    toSdk?.enqueue(asMessage(answerFor(message, request.id)));
  };

  const take = (message: JsonObject): void => {
    const { method, params } = message;
    if (method === 'session/update' && isObject(params)) {
      handlers.update(params);
    } else if (typeof method !== 'string') {
      if ('id' in message) takeAnswer(message);
      else handlers.log('warn', `Not an ACP message: ${shorten(JSON.stringify(message))}`);
    } else if (method === 'session/request_permission' && 'id' in message) {
      askPermission(message['id'], isObject(params) ? params : {});
    } else {
      toSdk?.enqueue(asMessage({ ...message, jsonrpc: '2.0' }));
    }
  };

  const lines = createLineSplitter({
    line(text) {
      const message = parseLine(text);
      if (message === undefined) handlers.log('info', `stdout: ${shorten(text)}`);
      else take(message);
    },
    tooLong(bytes) {
      handlers.log(
        'warn',
        `The agent sent a message of ${bytes} bytes, which is too long; skipped.`,
      );
    },
  });

  const readable = new ReadableStream<AnyMessage>({
    start(controller) {
      toSdk = controller;
    },
    cancel() {
      toSdk = undefined;
    },
  });
  const writable = new WritableStream<AnyMessage>({
    write(message) {
      if (!('method' in message && 'id' in message)) return send(message);
      const wireId = `${epoch}:${String(message.id)}`;
      asked.set(wireId, { id: message.id, method: message.method });
      return send({ ...message, id: wireId });
    },
  });

  const ended = readAll(ends.stdout, lines.push).then(
    () => lines.end(),
    (error: unknown) => handlers.log('warn', `stdout of the agent broke: ${said(error)}`),
  );
  return {
    stream: { readable, writable },
    ended: ended.then(() => {
      toSdk?.close();
      toSdk = undefined;
    }),
    cancelPermissions() {
      for (const answer of openPermissions.values()) answer({ outcome: 'cancelled' });
    },
  };
}

async function readAll(
  chunks: AsyncIterable<Uint8Array>,
  push: (chunk: Uint8Array) => void,
): Promise<void> {
  for await (const chunk of chunks) push(chunk);
}

function parseLine(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** JSON-RPC allows `result` or `error`, not both; agents send `error: null` beside a result. */
function answerFor(message: JsonObject, id: unknown): JsonObject {
  const { error, result } = message;
  return isObject(error)
    ? { jsonrpc: '2.0', id, error: { code: -32603, message: 'Unknown error', ...error } }
    : { jsonrpc: '2.0', id, result: result ?? null };
}

function asMessage(message: JsonObject): AnyMessage {
  // Its shape was checked above; the SDK checks what it reads of it once more.
  return message as AnyMessage;
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text;
}
