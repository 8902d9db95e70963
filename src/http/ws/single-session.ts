/** `/ws/sessions/:id`: one socket, one session: its history from `?since=`, then live. */
import { AppError } from '../../core/model/errors.ts';
import type { Session } from '../../core/model/session.ts';
import { act } from './actions.ts';
import { sessionMessageSchema } from './channel-messages.ts';
import type { Connection } from './connection.ts';
import { callerOf, notAvailable, readMessages, sendError } from './connection.ts';
import { createFeed } from './feed.ts';
import { SINGLE_SESSION } from './frames.ts';
import { CLOSE } from './outlet.ts';

/** Speaks the single-session protocol; the returned function ends its feed. */
export function serveSession(connection: Connection, session: Session, since: number): () => void {
  const { http, outlet } = connection;
  readMessages(connection, sessionMessageSchema, async (message) => {
    switch (message.action) {
      case 'ping':
        outlet.message({ type: 'pong' });
        return;
      case 'terminal.create':
      case 'terminal.input':
      case 'terminal.resize':
      case 'terminal.kill':
        throw notAvailable(`"${message.action}"`);
      default:
        if (http.isClosing()) throw new AppError('unavailable', 'The server is shutting down.');
        await act(http.sessions, callerOf(connection), session.id, message);
    }
  });

  outlet.message({ type: 'connected', sessionId: session.id });
  const feed = createFeed({
    hub: http.hub,
    sessionId: session.id,
    outlet,
    replayBufferBytes: http.limits.replayBufferBytes,
    lastSeq: async () => (await http.sessions.session(callerOf(connection), session.id)).lastSeq,
    onTerminated: () => undefined,
    onFailed: (error) => {
      sendError(connection, error);
      outlet.close(CLOSE.policy, 'session not readable');
    },
  });
  feed.listen({ channel: SINGLE_SESSION, order: 0, covers: 'all' }, since, session.lastSeq);
  return feed.close;
}
