/**
 * The control plane: REST and server-sent events as a Hono app, WebSockets as an upgrade handler.
 * `app.ts` mounts both on one Node server.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Api, HttpEnv } from './api.ts';
import { createAuthenticator } from './auth.ts';
import { DEFAULT_LIMITS } from './deps.ts';
import type { ControlPlaneDeps, HttpContext } from './deps.ts';
import { documentRoutes } from './document.ts';
import { KEPT_MS } from './idempotency.ts';
import { installMiddleware, installNotFound } from './middleware.ts';
import { createOriginRules } from './origin.ts';
import { templateRoutes } from './routes/agent-templates.ts';
import { configRoutes } from './routes/config.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { permissionListRoute, permissionRoutes } from './routes/permissions.ts';
import { promptRoutes } from './routes/prompts.ts';
import { queueRoutes } from './routes/queue.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { invalidInput } from './validation.ts';
import { createSockets } from './ws/sockets.ts';

const PRUNE_EVERY_MS = 60 * 60_000;

export interface ControlPlane {
  /** Serves `/api/*` and nothing else; mount it at `/`. Needs the bindings of @hono/node-server. */
  readonly app: Api;
  /**
   * Takes an upgrade of `/ws` and `/ws/sessions/:id` and answers it, also when it refuses; false:
   * not ours, and the socket is untouched.
   */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** Ends streams, waiting answers and sockets. Resolves within two seconds. */
  readonly close: () => Promise<void>;
}

export function createControlPlane(deps: ControlPlaneDeps): ControlPlane {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const authenticator = createAuthenticator({
    tokens: deps.tokens,
    clock: deps.clock,
    logger: deps.logger,
    refusedTokensPerMinute: limits.refusedTokensPerMinute,
  });
  const closing = new AbortController();
  const http: HttpContext = {
    ...deps,
    limits,
    recheck: authenticator.recheck,
    closed: closing.signal,
  };
  const origins = createOriginRules(deps.publicUrl, deps.allowedOrigins);
  const sockets = createSockets(http, authenticator, origins);
  const stopPruning = pruneKeys(http);

  return {
    app: createApi(http, authenticator, origins),
    upgrade: sockets.upgrade,
    async close() {
      stopPruning();
      closing.abort();
      await sockets.close();
    },
  };
}

function createApi(
  http: HttpContext,
  authenticator: ReturnType<typeof createAuthenticator>,
  origins: ReturnType<typeof createOriginRules>,
): Api {
  const app = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const where = { json: 'body', param: 'path', query: 'query', header: 'header' };
      const name = result.target in where ? where[result.target as keyof typeof where] : 'request';
      throw invalidInput(result.error.issues, name);
    },
  });
  installMiddleware(app, http, authenticator, origins);
  healthRoutes(app, http);
  templateRoutes(app, http);
  permissionListRoute(app, http);
  for (const base of ['/api/sessions', '/api/agents'] as const) {
    sessionRoutes(app, http, base);
    promptRoutes(app, http, base);
    queueRoutes(app, http, base);
    eventRoutes(app, http, base);
    permissionRoutes(app, http, base);
    configRoutes(app, http, base);
  }
  documentRoutes(app, http);
  installNotFound(app);
  return app;
}

/** Forgets old idempotency keys now and then; the returned function stops it. */
function pruneKeys(http: HttpContext): () => void {
  let forget: () => void = () => undefined;
  const prune = (): void => {
    forget = http.clock.after(PRUNE_EVERY_MS, prune);
    http.idempotency.prune(http.clock.now() - KEPT_MS).catch((error: unknown) => {
      http.logger.warn({ err: error }, 'old idempotency keys not pruned');
    });
  };
  forget = http.clock.after(0, prune);
  return () => forget();
}
