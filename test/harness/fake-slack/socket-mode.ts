/**
 * Socket Mode: up to ten connections of the app, each delivery in an envelope to one of them, which
 * is acknowledged by its id. `disconnect` asks a connection to come again, as Slack does hourly.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Method } from './api-call.ts';
import { isJson } from './arguments.ts';
import type { Reply, Transport } from './delivery.ts';
import { APP_ID } from './state.ts';

const CONNECTIONS = 10;
/** Clients take a connection without pings for dead after 30 s of the machine's clock. */
const PING_MS = 5000;
const TYPES = {
  event: 'events_api',
  interactive: 'interactive',
  command: 'slash_commands',
} as const;

export interface SocketMode {
  readonly transport: Transport;
  readonly open: Method;
  /** Takes the HTTP upgrade of a connection. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  connections(): number;
  /** Asks every connection to go (`refresh_requested`), or only warns that it will have to. */
  disconnect(reason: 'warning' | 'refresh_requested' | 'link_disabled'): void;
  /** Cuts every connection without a word. */
  cut(): void;
  close(): void;
}

export function createSocketMode(baseUrl: () => string): SocketMode {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const links = new Set<WebSocket>();
  const waiting = new Map<string, (reply: Reply) => void>();
  let turn = 0;

  const welcome = (link: WebSocket): void => {
    links.add(link);
    // One for each delivery under way.
    link.setMaxListeners(0);
    link.on('close', () => links.delete(link));
    link.on('error', () => links.delete(link));
    link.on('message', (data: Buffer) => {
      const said: unknown = JSON.parse(data.toString('utf8'));
      if (!isJson(said) || typeof said.envelope_id !== 'string') return;
      waiting.get(said.envelope_id)?.({ status: 200, body: said.payload, noRetry: false });
      waiting.delete(said.envelope_id);
    });
    link.send(
      JSON.stringify({
        type: 'hello',
        num_connections: links.size,
        debug_info: { host: 'applink-fake', approximate_connection_time: 18_060 },
        connection_info: { app_id: APP_ID },
      }),
    );
  };

  const pings = setInterval(() => {
    for (const link of links) link.ping();
  }, PING_MS).unref();

  return {
    connections: () => links.size,
    open: () => {
      const ticket = randomUUID();
      tickets.add(ticket);
      const url = new URL(`/link/?ticket=${ticket}&app_id=${APP_ID}`, baseUrl());
      url.protocol = 'ws:';
      return { url: url.href };
    },
    upgrade(request, socket, head) {
      const ticket = new URL(request.url ?? '/', baseUrl()).searchParams.get('ticket') ?? '';
      // A ticket opens one connection.
      if (!tickets.delete(ticket) || links.size >= CONNECTIONS) {
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, welcome);
    },
    transport: ({ delivery, retryNum, retryReason, signal }) => {
      const open = [...links].filter((link) => link.readyState === link.OPEN);
      const link = open[turn % Math.max(1, open.length)];
      turn += 1;
      if (link === undefined) return Promise.reject(new Error('The app is not connected'));
      const envelopeId = randomUUID();
      const reply = Promise.withResolvers<Reply>();
      waiting.set(envelopeId, reply.resolve);
      const gone = (): void => reply.reject(new Error('The connection broke'));
      link.once('close', gone);
      signal.addEventListener('abort', () => {
        waiting.delete(envelopeId);
        link.off('close', gone);
      });
      link.send(
        JSON.stringify({
          envelope_id: envelopeId,
          type: TYPES[delivery.kind],
          payload: delivery.payload,
          accepts_response_payload: delivery.kind !== 'event',
          ...(delivery.kind === 'event' && {
            retry_attempt: retryNum,
            retry_reason: retryReason === 'http_timeout' ? 'timeout' : retryReason,
          }),
        }),
      );
      return reply.promise;
    },
    disconnect(reason) {
      const said = JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'fake' } });
      for (const link of links) link.send(said);
    },
    cut() {
      for (const link of links) link.terminate();
    },
    close() {
      clearInterval(pings);
      for (const link of links) link.terminate();
      server.close();
    },
  };
}
