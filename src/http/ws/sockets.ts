/** All open sockets: takes them in, feels their pulse, and ends them with the server. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { Authenticator } from '../auth.ts';
import type { HttpContext } from '../deps.ts';
import type { OriginRules } from '../origin.ts';
import { serveChannels } from './channels.ts';
import type { Connection } from './connection.ts';
import type { Flusher } from './outlet.ts';
import { CLOSE, createFlusher, createOutlet } from './outlet.ts';
import { serveSession } from './single-session.ts';
import type { Admission, Target } from './upgrade.ts';
import { admit, refuse, SUBPROTOCOL, targetOf } from './upgrade.ts';

const PING_EVERY_MS = 30_000;
const MISSES = 2;
/** Time that sockets have to say goodbye when the server closes. */
const GOODBYE_MS = 1000;

export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): Promise<void>;
}

export function createSockets(
  http: HttpContext,
  authenticator: Authenticator,
  origins: OriginRules,
): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: http.limits.bodyBytes,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const connections = new Set<Connection>();
  const flusher = createFlusher();
  const stopBeating = heartbeat(http, connections);

  async function take(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: Target,
  ): Promise<void> {
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    try {
      const admission = await admit(request, target, { http, authenticator, origins });
      socket.off('error', ignore);
      if (socket.destroyed) return;
      server.handleUpgrade(request, socket, head, (ws) => {
        serve({ http, connections, flusher }, ws, socket, admission);
      });
    } catch (error) {
      refuse(socket, error, http);
    }
  }

  return {
    upgrade(request, socket, head) {
      const target = targetOf(request.url);
      if (target === undefined) return false;
      void take(request, socket, head, target);
      return true;
    },
    async close() {
      stopBeating();
      await sayGoodbye(connections);
    },
  };
}

function serve(
  deps: {
    readonly http: HttpContext;
    readonly connections: Set<Connection>;
    readonly flusher: Flusher;
  },
  ws: WebSocket,
  socket: Duplex,
  admission: Admission,
): void {
  const { http, connections, flusher } = deps;
  let end: () => void = () => undefined;
  const outlet = createOutlet({
    ws,
    socket,
    clock: http.clock,
    flusher,
    limitBytes: http.limits.socketBufferBytes,
    onClosed: () => {
      connections.delete(connection);
      end();
    },
  });
  const { authenticated } = admission;
  const connection: Connection = { ws, outlet, http, authenticated, missed: 0 };
  connections.add(connection);
  socket.on('drain', () => {
    connection.missed = 0;
  });
  end =
    admission.kind === 'channels'
      ? serveChannels(connection)
      : serveSession(connection, admission.session, admission.since);
  if (!outlet.isOpen()) end();
}

async function sayGoodbye(connections: ReadonlySet<Connection>): Promise<void> {
  const open = Array.from(connections);
  const gone = open.map(
    ({ ws }) =>
      new Promise<void>((resolve) => {
        ws.once('close', () => resolve());
      }),
  );
  for (const { outlet } of open) outlet.close(CLOSE.goingAway, 'server is shutting down');
  const timeout = new Promise<void>((resolve) => {
    setTimeout(resolve, GOODBYE_MS).unref();
  });
  await Promise.race([Promise.all(gone), timeout]);
  for (const { ws } of open) ws.terminate();
}

/** Pings all, ends those that are dead and those whose token no longer stands. */
function heartbeat(http: HttpContext, connections: ReadonlySet<Connection>): () => void {
  let forget: () => void = () => undefined;

  async function recheck(connection: Connection): Promise<void> {
    try {
      const still = await http.recheck(connection.authenticated.hash);
      if (still !== undefined) connection.authenticated = still;
      else connection.outlet.close(CLOSE.unauthorized, 'the token was removed or has expired');
    } catch (error) {
      http.logger.warn({ err: error }, 'token of a socket could not be checked');
    }
  }

  const beat = (): void => {
    forget = http.clock.after(PING_EVERY_MS, beat);
    for (const connection of connections) {
      if (connection.missed >= MISSES) {
        connection.ws.terminate();
        continue;
      }
      connection.missed += 1;
      connection.ws.ping();
      void recheck(connection);
    }
  };
  forget = http.clock.after(PING_EVERY_MS, beat);
  return () => forget();
}
