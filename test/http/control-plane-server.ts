/**
 * The control plane on a real port, over a real database in a directory of its own, with the fake
 * session service behind it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { WebSocket } from 'ws';
import type { Clock } from '../../src/core/ports/clock.ts';
import { createRedactor } from '../../src/core/access/redact.ts';
import { mintId } from '../../src/core/model/ids.ts';
import type { Logger } from '../../src/core/ports/logger.ts';
import type { ApiToken } from '../../src/core/ports/stores.ts';
import { mintToken } from '../../src/http/auth.ts';
import { createControlPlane } from '../../src/http/control-plane.ts';
import type { ControlPlane } from '../../src/http/control-plane.ts';
import type { ControlPlaneLimits } from '../../src/http/deps.ts';
import type { Storage } from '../../src/storage/open.ts';
import { openStorage } from '../../src/storage/open.ts';
import type { FakeSessions } from '../harness/fake-sessions.ts';
import { createGuard } from '../../src/core/sessions/guard.ts';
import { createFakeSessions } from '../harness/fake-sessions.ts';

type Scope = ApiToken['scopes'][number];

export interface TestServer {
  readonly fake: FakeSessions;
  readonly storage: Storage;
  readonly plane: ControlPlane;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** What was logged as warn or error, as text. */
  readonly logged: string[];
  /** A new token with exactly these scopes. */
  token(...scopes: readonly Scope[]): Promise<string>;
  /** A request with an admin token, unless `token` says otherwise (null: none). */
  call(
    method: string,
    path: string,
    options?: {
      readonly body?: unknown;
      readonly token?: string | null;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Response>;
  /** An open socket; messages are gathered from the first. */
  connect(path: string, options?: { readonly token?: string }): Promise<TestSocket>;
  setClosing(closing: boolean): void;
  breakDatabase(): void;
  close(): Promise<void>;
}

export interface TestSocket {
  readonly ws: WebSocket;
  readonly messages: Record<string, unknown>[];
  send(message: unknown): void;
  /** The first message that fits, once it has come. */
  until(fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

export const REAL_CLOCK: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

function collectingLogger(lines: string[]): Logger {
  const keep = (fields: object, message: string): void => {
    const error = 'err' in fields ? String(fields.err) : '';
    lines.push(`${message} ${JSON.stringify(fields)} ${error}`);
  };
  return { debug: () => {}, info: () => {}, warn: keep, error: keep };
}

export function openSocket(url: string, headers: Record<string, string>): Promise<TestSocket> {
  const ws = new WebSocket(url, { headers });
  const messages: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const closed = new Promise<number>((resolve) => {
    ws.on('close', resolve);
  });
  ws.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString('utf8')));
    for (const look of waiting) look();
  });
  const socket: TestSocket = {
    ws,
    messages,
    closed,
    send: (message) => ws.send(JSON.stringify(message)),
    until: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = messages.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
  return new Promise((resolve, reject) => {
    ws.on('open', () => resolve(socket));
    ws.on('error', reject);
  });
}

export async function startServer(
  options: {
    readonly clock?: Clock;
    readonly limits?: Partial<ControlPlaneLimits>;
    readonly allowedOrigins?: readonly string[];
    readonly publicUrl?: string;
  } = {},
): Promise<TestServer> {
  const clock = options.clock ?? REAL_CLOCK;
  const logged: string[] = [];
  const logger = collectingLogger(logged);
  const dataDir = await mkdtemp(join(tmpdir(), 'threadcast-http-'));
  const storage = await openStorage({ dataDir, clock: REAL_CLOCK, logger });
  const fake = createFakeSessions({ clock, logger });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const url = `http://127.0.0.1:${address.port}`;
  let closing = false;
  let broken = false;
  const plane = createControlPlane({
    sessions: fake.sessions,
    guard: createGuard({ decisions: storage.decisions, threads: storage.threads, clock }),
    hub: fake.hub,
    store: fake.store,
    templates: storage.templates,
    tokens: storage.tokens,
    idempotency: storage.idempotency,
    ping: () => (broken ? Promise.reject(new Error('no database')) : storage.ping()),
    sessionCount: fake.count,
    clock,
    logger,
    redact: createRedactor(),
    version: '1.2.3',
    publicUrl: options.publicUrl ?? url,
    allowedOrigins: options.allowedOrigins ?? [],
    isClosing: () => closing,
    ...(options.limits && { limits: options.limits }),
  });
  const root = new Hono();
  root.route('/', plane.app);
  root.get('/', (c) => c.text('the page of another surface'));
  server.on('request', getRequestListener(root.fetch));
  server.on('upgrade', (request, socket, head) => {
    if (!plane.upgrade(request, socket, head)) socket.destroy();
  });

  async function token(...scopes: readonly Scope[]): Promise<string> {
    const { token: secret, hash } = mintToken();
    const now = Date.now();
    const record = { name: 'test', scopes, createdAt: now, expiresAt: null, lastUsedAt: null };
    await storage.tokens.insert({ id: mintId('k', now), ...record }, hash);
    return secret;
  }
  const admin = await token('admin');

  return {
    fake,
    storage,
    plane,
    url,
    logged,
    token,
    call(method, path, { body, token: secret = admin, headers = {} } = {}) {
      return fetch(`${url}${path}`, {
        method,
        headers: {
          ...(secret === null ? {} : { Authorization: `Bearer ${secret}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    },
    connect: (path, { token: secret = admin } = {}) =>
      openSocket(`${url.replace('http', 'ws')}${path}`, { Authorization: `Bearer ${secret}` }),
    setClosing: (value) => void (closing = value),
    breakDatabase: () => void (broken = true),
    async close() {
      await plane.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await storage.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
