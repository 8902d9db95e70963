/** The one Node server: it listens, then serves the apps that are mounted on it. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Http2Bindings, HttpBindings } from '@hono/node-server';

export interface WebServer {
  /**
   * Listens, and gives the address as seen from this machine. Rejects as Node does (EADDRINUSE,
   * EACCES, ENOTFOUND). `port` 0: any free one.
   */
  listen(host: string, port: number): Promise<string>;
  /**
   * From now on serves a hook's paths by the hook, `/api` by `api` and the rest by `pages`; call it
   * in the turn of the event loop in which `listen` resolved.
   */
  serve(apps: ServedApps, upgrade: UpgradeHandler): void;
  /** No new connections. */
  refuse(): void;
  /** Ends the connections that are left. */
  close(): void;
}

/** What a chat platform calls: everything at and below `path`. */
export interface Hook {
  readonly path: string;
  readonly handle: (request: Request) => Response | Promise<Response>;
}

interface ServedApps {
  readonly hooks: readonly Hook[];
  readonly api: WebApp;
  readonly pages: WebApp;
}

/** The part of a Hono app that serves requests. */
export interface WebApp {
  fetch(request: Request, bindings: HttpBindings | Http2Bindings): Response | Promise<Response>;
}

/** Takes a WebSocket upgrade and answers it; false: not for it. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

export function createWebServer(): WebServer {
  // A client that offers another protocol (`curl --http2` does) is answered in this one.
  const server = createServer({
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  });
  return {
    async listen(host, port) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
      const address = server.address();
      return urlOf(host, typeof address === 'object' && address ? address.port : port);
    },
    serve({ hooks, api, pages }, upgrade) {
      const ofHooks = hooks.map(({ path, handle }) => ({
        path,
        listener: getRequestListener((request) => handle(request)),
      }));
      const ofApi = getRequestListener((request, bindings) => api.fetch(request, bindings));
      const ofPages = getRequestListener((request, bindings) => pages.fetch(request, bindings));
      server.on('request', (request, response) => {
        const path = request.url?.split('?', 1)[0] ?? '/';
        const hook = ofHooks.find((one) => isWithin(path, one.path));
        const listener = hook?.listener ?? (isWithin(path, '/api') ? ofApi : ofPages);
        void listener(request, response);
      });
      server.on('upgrade', (request, socket, head) => {
        if (!upgrade(request, socket, head)) socket.destroy();
      });
    },
    refuse: () => void server.close(),
    close: () => server.closeAllConnections(),
  };
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}

export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
