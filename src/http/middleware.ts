/** What holds for every route: request id, headers, origin, token, size, and taking no new work. */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { AppError } from '../core/model/errors.ts';
import type { Api, HttpEnv } from './api.ts';
import type { Authenticator } from './auth.ts';
import { bearerToken } from './auth.ts';
import type { HttpContext } from './deps.ts';
import { errorHeaders, sayError } from './errors.ts';
import type { OriginRules } from './origin.ts';

/** Routes that need no token: they tell nothing about what the server does for anybody. */
const OPEN = new Set(['/api/health', '/api/health/ready', '/api/openapi.json', '/api/docs']);
const PREFIX = '/api/*';

export function installMiddleware(
  app: Api,
  http: HttpContext,
  authenticator: Authenticator,
  origins: OriginRules,
): void {
  app.use(PREFIX, requestIds(http));
  app.use(PREFIX, securityHeaders(http));
  app.use(PREFIX, originCheck(origins));
  app.use(PREFIX, tokens(http, authenticator));
  app.use(
    PREFIX,
    bodyLimit({
      maxSize: http.limits.bodyBytes,
      onError: () => {
        throw new AppError('too_large', `A body may have ${http.limits.bodyBytes} bytes at most.`);
      },
    }),
  );
  app.onError((error, c) => {
    const said = sayError(error, c.var.requestId, http);
    if (hasUnreadBody(c)) c.header('Connection', 'close');
    return c.json(said.body, said.status, errorHeaders(said));
  });
}

/** Such a body ends the connection; a client that is not told so would use it again. */
function hasUnreadBody(c: Context<HttpEnv>): boolean {
  const comes =
    c.req.header('transfer-encoding') !== undefined || Number(c.req.header('content-length')) > 0;
  return comes && !c.req.raw.bodyUsed;
}

/** Last: whatever no route took. */
/** Call it when every route is there. */
export function installNotFound(app: Api): void {
  const methods = Map.groupBy(
    app.routes.filter(({ method }) => method !== 'ALL'),
    ({ path }) => path,
  );
  for (const [path, routes] of methods) {
    const allow = [...new Set(routes.map(({ method }) => method))].toSorted().join(', ');
    app.all(path, (c) => {
      const error = `${c.req.path} does not take ${c.req.method}. Use ${allow}.`;
      const body = { error, code: 'method_not_allowed', requestId: c.get('requestId') };
      return c.json(body, 405, { Allow: allow });
    });
  }
  app.all(PREFIX, (c) => {
    throw new AppError('not_found', `There is no route ${c.req.method} ${c.req.path}.`);
  });
}

function requestIds(http: HttpContext) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const requestId = randomUUID();
    const started = http.clock.now();
    c.set('requestId', requestId);
    c.header('X-Request-Id', requestId);
    await next();
    http.logger.debug(
      {
        requestId,
        method: c.req.method,
        path: c.req.path,
        status: c.res.status,
        ms: http.clock.now() - started,
      },
      'request',
    );
  });
}

function securityHeaders(http: HttpContext) {
  const secure = http.publicUrl.startsWith('https:');
  return createMiddleware<HttpEnv>(async (c, next) => {
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('X-Frame-Options', 'DENY');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cache-Control', 'no-store');
    c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    if (secure) c.header('Strict-Transport-Security', 'max-age=31536000');
    await next();
  });
}

function originCheck(origins: OriginRules) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const origin = c.req.header('origin');
    origins.check({
      host: c.req.header('host'),
      origin,
      localAddress: c.env.incoming.socket.localAddress,
    });
    c.header('Vary', 'Origin');
    if (origins.isForeign(origin)) {
      c.header('Access-Control-Allow-Origin', origin);
      c.header('Access-Control-Expose-Headers', 'X-Request-Id, Retry-After');
      if (c.req.method === 'OPTIONS') {
        c.header('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE');
        c.header(
          'Access-Control-Allow-Headers',
          'Authorization, Content-Type, Idempotency-Key, Last-Event-ID',
        );
        c.header('Access-Control-Max-Age', '600');
        return c.body(null, 204);
      }
    }
    return next();
  });
}

function tokens(http: HttpContext, authenticator: Authenticator) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    if (OPEN.has(c.req.path)) return next();
    const address = c.env.incoming.socket.remoteAddress ?? 'unknown';
    const token = bearerToken(c.req.header('authorization'));
    const authenticated = await authenticator.authenticate(token, address);
    c.set('authenticated', authenticated);
    c.set('caller', authenticated.caller);
    c.set('check', (verb, caller) => http.guard.check(verb, caller));
    if (http.isClosing() && c.req.method !== 'GET') {
      throw new AppError('unavailable', 'The server is shutting down. Send the request again.');
    }
    return next();
  });
}
