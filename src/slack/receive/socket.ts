/**
 * Socket Mode: Slack's payloads over a WebSocket that we open, so nothing of ours is reachable. The
 * library's own reconnecting is off: when Slack is away it rejects where nobody can catch it, and
 * that would end the process.
 */
import { SocketModeReceiver } from '@slack/bolt';
import type { WebClientOptions } from '@slack/web-api';
import { z } from 'zod';
import { AppError } from '../../core/model/errors.ts';
import { sleep, type Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { failureOf } from '../client/calls.ts';
import { appErrorOf } from '../client/failures.ts';
import { createVendorLogger } from '../client/vendor-logger.ts';
import type { Intake } from './intake.ts';

export interface Socket {
  /** Who gets the payloads, and hears when a connection that stood has ended. Call it once. */
  listen(to: { readonly take: Intake['take']; readonly lost: () => void }): void;
  /** Resolves when Slack has greeted us. AppError says what to do otherwise. */
  connect(): Promise<void>;
  /** Ends the connection; waits a little for Slack's goodbye. */
  stop(): Promise<void>;
}

/** For the address of a connection, and its greeting. */
const CONNECT_MS = 30_000;
const STOP_MS = 1_000;

const argsSchema = z.object({
  ack: z.custom<(response?: unknown) => Promise<void>>((value) => typeof value === 'function'),
  body: z.unknown(),
});

export function createSocket(deps: {
  readonly appToken: string;
  readonly client: WebClientOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}): Socket {
  const { appToken, clock, logger } = deps;
  // Only its connection: its own listener has no app to hand events to, so it acknowledges nothing.
  const { client } = new SocketModeReceiver({
    appToken,
    logger: createVendorLogger(logger),
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: deps.client },
  });
  let isStopped = false;
  client.on('error', (error: unknown) => {
    logger.debug({ err: error }, 'the connection to Slack broke');
  });

  const end = async (ms: number): Promise<void> => {
    const over = new AbortController();
    await Promise.race([client.disconnect(), sleep(clock, ms, over.signal)]);
    over.abort();
  };

  return {
    listen({ take, lost }) {
      client.on('slack_event', (args: unknown) => {
        void receive(take, logger, args);
      });
      client.on('disconnected', () => {
        if (!isStopped) lost();
      });
    },
    async connect() {
      const over = new AbortController();
      const late = sleep(clock, CONNECT_MS, over.signal).then(() => 'late' as const);
      const outcome = await Promise.race([started(client), late]);
      over.abort();
      if (outcome === 'late') await end(STOP_MS);
      if (isStopped) await end(STOP_MS);
      if (outcome instanceof AppError) throw outcome;
      if (outcome === 'late') throw broken(`it said nothing for ${CONNECT_MS / 1000} s`);
    },
    async stop() {
      isStopped = true;
      await end(STOP_MS);
    },
  };
}

async function started(client: SocketModeReceiver['client']): Promise<AppError | 'connected'> {
  try {
    await client.start();
    return 'connected';
  } catch (error) {
    // Of a connection that ends before Slack's greeting nothing is said.
    if (error === undefined) return broken('the connection ended');
    const failure = failureOf(error);
    if (failure.kind !== 'said') return appErrorOf('apps.connections.open', failure);
    return new AppError(
      'unprocessable',
      `Slack refuses SLACK_APP_TOKEN: ${failure.error}. Make one under Basic Information, App-Level Tokens, with the scope connections:write, and switch Socket Mode on.`,
    );
  }
}

const broken = (why: string): AppError =>
  new AppError('unavailable', `Slack cannot be connected to by Socket Mode: ${why}.`);

async function receive(take: Intake['take'], logger: Logger, args: unknown): Promise<void> {
  const parsed = argsSchema.safeParse(args);
  if (!parsed.success) return;
  try {
    await take(parsed.data.body);
    await parsed.data.ack();
  } catch (error) {
    // Slack sends it again: it is not acknowledged.
    logger.error({ err: error }, 'a delivery from Slack could not be stored or acknowledged');
  }
}
