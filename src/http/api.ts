/** What every route file is written with: the app's type, the role check, common pieces of schema. */
import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { TypedResponse } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { HttpBindings } from '@hono/node-server';
import { scopeFor } from '../core/access/authorize.ts';
import type { Caller } from '../core/model/actor.ts';
import { parseId } from '../core/model/ids.ts';
import type { IdPrefix } from '../core/model/ids.ts';
import { roleOf } from '../core/model/verbs.ts';
import type { Verb } from '../core/model/verbs.ts';
import type { Authenticated } from './auth.ts';

export interface HttpEnv {
  Bindings: HttpBindings;
  Variables: { requestId: string; authenticated: Authenticated; caller: Caller; check: Check };
}

/** Throws AppError `forbidden`, which names the scope that a token lacks; the refusal is logged. */
export type Check = (verb: Verb, caller: Caller) => Promise<void>;

export type Api = OpenAPIHono<HttpEnv>;

/** The two names of one resource: ours, and the older one that some clients use. */
export type SessionsBase = '/api/sessions' | '/api/agents';

/**
 * The route, with its role: checked before anything is read, and named in the document. The
 * session service checks again; this one covers what it does not see and answers before the body.
 */
export function guarded<R extends RouteConfig & { getRoutingPath(): string }>(
  app: Api,
  verb: Verb,
  route: R,
): R & { security: Record<string, string[]>[] } {
  app.on(
    route.method,
    route.getRoutingPath(),
    createMiddleware<HttpEnv>(async (c, next) => {
      await c.var.check(verb, c.var.caller);
      await next();
    }),
  );
  return { ...route, security: [{ bearer: [scopeFor(roleOf(verb))] }] };
}

export const errorSchema = z
  .object({
    error: z.string().openapi({ description: 'A sentence that a person can act on.' }),
    code: z.string().openapi({ example: 'not_found' }),
    requestId: z.string(),
  })
  .openapi('Error');

/** A JSON answer, and the form of every error beside it. */
export function answers<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

export const otherwise = {
  default: {
    description: 'Anything else is an error of this form.',
    content: { 'application/json': { schema: errorSchema } },
  },
} as const;

export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** An id in a path, a query or a body. */
export function idSchema<P extends IdPrefix>(prefix: P) {
  return z
    .string()
    .transform((text, context) => {
      const id = parseId(prefix, text);
      if (id !== undefined) return id;
      context.addIssue({ code: 'custom', message: '1 to 128 of A-Z a-z 0-9 . _ - are an id' });
      return z.NEVER;
    })
    .openapi({ type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' });
}

export const sessionParams = z.object({ id: idSchema('s') });

/** `limit` of a list. */
export const limitSchema = z.coerce.number().int().min(1).max(200).default(50);

export const idempotencyHeader = z.object({
  'idempotency-key': z.string().min(1).max(255).optional().openapi({
    description: 'The same key and body again give the first answer; kept for 24 hours.',
  }),
});

/** A page of a list. */
export function pageOf<S extends z.ZodType>(schema: S) {
  return z.object({ data: z.array(schema), nextCursor: z.string().nullable() });
}

/**
 * A Response that is written piece by piece. The type system wants proof of its body's shape, which
 * a stream cannot give; the route's schema is the promise, and a test reads it.
 */
export function streamed(response: Response): Response & TypedResponse<never, never, never> {
  return response as Response & TypedResponse<never, never, never>;
}
