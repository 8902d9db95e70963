/** `/ws`: one socket, many channels. An agent here is its session: `agentId` equals `sessionId`. */
import { randomUUID } from 'node:crypto';
import { AppError } from '../../core/model/errors.ts';
import { act } from './actions.ts';
import { clientMessageSchema } from './channel-messages.ts';
import type { Connection } from './connection.ts';
import { callerOf, notAvailable, readMessages } from './connection.ts';
import { createSubscriptions } from './subscriptions.ts';

/** Speaks the channel protocol on a connection; the returned function ends its subscriptions. */
export function serveChannels(connection: Connection): () => void {
  const { http, outlet } = connection;
  const subscriptions = createSubscriptions(connection);

  readMessages(connection, clientMessageSchema, async (message) => {
    switch (message.action) {
      case 'ping':
        outlet.message({ type: 'pong' });
        return;
      case 'subscribe':
        await subscriptions.subscribe(message.channel, message.since);
        return;
      case 'unsubscribe':
        subscriptions.unsubscribe(message.channel);
        outlet.message({ type: 'unsubscribed', channel: message.channel });
        return;
      case 'terminal.create':
      case 'terminal.input':
      case 'terminal.resize':
      case 'terminal.kill':
        throw notAvailable(`"${message.action}"`);
      default:
        if (http.isClosing()) throw new AppError('unavailable', 'The server is shutting down.');
        await act(http.sessions, callerOf(connection), message.sessionId, message);
    }
  });
  outlet.message({ type: 'connected', connectionId: randomUUID() });
  return subscriptions.close;
}
