/**
 * One socket of either protocol: reads messages, one at a time and in order, answers errors in
 * words, and ends a client that sends nothing but rubbish.
 */
import { randomUUID } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import type { z } from '@hono/zod-openapi';
import type { Caller } from '../../core/model/actor.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Authenticated } from '../auth.ts';
import type { HttpContext } from '../deps.ts';
import { sayError } from '../errors.ts';
import { invalidInput } from '../validation.ts';
import type { Outlet } from './outlet.ts';
import { CLOSE } from './outlet.ts';

/** Messages that may wait while one is worked on; more are left in the network. */
const WAITING = 100;

export interface Connection {
  readonly ws: WebSocket;
  readonly outlet: Outlet;
  readonly http: HttpContext;
  authenticated: Authenticated;
  /** Pings in a row without a sign of life. */
  missed: number;
}

export function callerOf(connection: Connection): Caller {
  return connection.authenticated.caller;
}

export function sendError(connection: Connection, error: unknown, channel?: string): void {
  const { body } = sayError(error, randomUUID(), connection.http);
  connection.outlet.message({
    type: 'error',
    message: body.error,
    code: body.code,
    requestId: body.requestId,
    ...(channel === undefined ? {} : { channel }),
  });
}

export function notAvailable(what: string): AppError {
  return new AppError('unprocessable', `${what} is not available yet.`);
}

function parseMessage<T>(data: RawData, isBinary: boolean, schema: z.ZodType<T>): T {
  if (isBinary || !Buffer.isBuffer(data)) {
    throw new AppError('invalid', 'Send text frames with JSON; this one was binary.');
  }
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch (error) {
    throw new AppError('invalid', 'The message is not valid JSON.', { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidInput(parsed.error.issues, 'message');
  return parsed.data;
}

/** Starts reading. `handle` gets one message after the other; what it throws is answered. */
export function readMessages<T>(
  connection: Connection,
  schema: z.ZodType<T>,
  handle: (message: T) => Promise<void> | void,
): void {
  const { ws, http, outlet } = connection;
  let bad = 0;
  let waiting = 0;
  let queue = Promise.resolve();

  const refuse = (error: unknown): void => {
    bad += 1;
    sendError(connection, error);
    if (bad >= http.limits.badMessages) outlet.close(CLOSE.policy, 'too many bad messages');
  };
  const work = async (message: T): Promise<void> => {
    try {
      if (outlet.isOpen()) await handle(message);
    } catch (error) {
      sendError(connection, error, channelOf(message));
    }
    waiting -= 1;
    if (waiting === 0 && ws.isPaused) ws.resume();
  };
  ws.on('message', (data, isBinary) => {
    connection.missed = 0;
    if (!outlet.isOpen()) return;
    let message: T;
    try {
      message = parseMessage(data, isBinary, schema);
    } catch (error) {
      refuse(error);
      return;
    }
    bad = 0;
    waiting += 1;
    if (waiting >= WAITING) ws.pause();
    queue = queue.then(() => work(message));
  });
  ws.on('pong', () => {
    connection.missed = 0;
  });
  ws.on('error', (error) => {
    http.logger.debug({ err: error }, 'socket broke');
  });
}

function channelOf(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('channel' in message)) return undefined;
  return typeof message.channel === 'string' ? message.channel : undefined;
}
