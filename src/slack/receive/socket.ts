/** Socket Mode: Slack's payloads over a WebSocket that we open, so nothing of ours is reachable. */
import { SocketModeReceiver } from '@slack/bolt';
import type { WebClientOptions } from '@slack/web-api';
import { z } from 'zod';
import type { Logger } from '../../core/ports/logger.ts';
import { createVendorLogger } from '../client/vendor-logger.ts';
import type { Intake } from './intake.ts';

export interface Socket {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const argsSchema = z.object({
  ack: z.custom<(response?: unknown) => Promise<void>>((value) => typeof value === 'function'),
  body: z.unknown(),
});

export function createSocket(deps: {
  readonly appToken: string;
  readonly clientOptions: WebClientOptions;
  readonly intake: Pick<Intake, 'take'>;
  readonly logger: Logger;
}): Socket {
  const { appToken, clientOptions, intake, logger } = deps;
  // Only its connection: its own listener has no app to hand events to, so it acknowledges nothing.
  const { client } = new SocketModeReceiver({
    appToken,
    logger: createVendorLogger(logger),
    installerOptions: { clientOptions },
  });
  client.on('slack_event', (args: unknown) => {
    void receive(argsSchema.safeParse(args));
  });
  client.on('error', (error: unknown) => {
    logger.warn({ err: error }, 'the connection to Slack broke; it is opened again');
  });

  async function receive(args: z.ZodSafeParseResult<z.infer<typeof argsSchema>>): Promise<void> {
    if (!args.success) return;
    try {
      await intake.take(args.data.body);
      await args.data.ack();
    } catch (error) {
      // Slack sends it again: it is not acknowledged.
      logger.error({ err: error }, 'a delivery from Slack could not be stored or acknowledged');
    }
  }

  return {
    async start() {
      await client.start();
    },
    async stop() {
      await client.disconnect();
    },
  };
}
