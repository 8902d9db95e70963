/** Sessions: make, list, look at, end. */
import { createRoute, z } from '@hono/zod-openapi';
import type { Caller } from '../../core/model/actor.ts';
import { AppError } from '../../core/model/errors.ts';
import type { PermissionRequest } from '../../core/model/permission.ts';
import type { SessionState } from '../../core/model/session.ts';
import type { SessionFilter } from '../../core/ports/session-store.ts';
import type { CreateSession } from '../../core/sessions/service.ts';
import type { Api, SessionsBase } from '../api.ts';
import {
  answers,
  guarded,
  idempotencyHeader,
  idSchema,
  jsonBody,
  limitSchema,
  otherwise,
  pageOf,
  sessionParams,
} from '../api.ts';
import type { HttpContext } from '../deps.ts';
import { beginAttempt } from '../idempotency.ts';
import { isShallow, TOO_DEEP } from '../validation.ts';
import { briefSession, fullSession } from '../wire/session.ts';
import { sessionSchema, spawnSchema } from '../wire/session-schema.ts';
import type { SessionWire } from '../wire/session-schema.ts';

const creationSchema = z
  .strictObject({
    sessionId: idSchema('s').optional(),
    agentTemplateId: z.string().min(1).optional(),
    spawn: spawnSchema.optional(),
    name: z.string().min(1).max(200).optional(),
    cwd: z.string().min(1).optional(),
    runtimeInstance: z.string().optional(),
    mcpServers: z
      .array(z.unknown())
      .refine((value) => isShallow(value), TOO_DEEP)
      .optional(),
    metadata: z
      .record(z.string(), z.unknown())
      .refine((value) => isShallow(value), TOO_DEEP)
      .optional(),
    webhooks: z.array(z.unknown()).optional(),
  })
  .openapi('SessionCreation', {
    description:
      'Either `agentTemplateId` or `spawn`. `spawn`, `cwd` and `mcpServers` need the scope `admin`.',
  });

const STATES: Readonly<Record<'active' | 'killed', readonly SessionState[]>> = {
  active: ['new', 'starting', 'idle', 'running', 'failed'],
  killed: ['ending', 'ended'],
};

const filterSchema = z.object({
  status: z.enum(['active', 'killed']).optional(),
  agentTemplateId: z.string().optional(),
  thread: idSchema('t').optional(),
  q: z.string().max(200).optional().openapi({ description: 'Part of the name, id or prompt.' }),
  cursor: z.string().optional(),
  limit: limitSchema,
});

/** Most sessions that the older list, which has no pages, shows. */
const UNPAGED = 1000;

function creationOf(body: z.infer<typeof creationSchema>): CreateSession {
  const { runtimeInstance, webhooks, ...input } = body;
  if (runtimeInstance !== undefined && runtimeInstance !== 'local') {
    throw new AppError(
      'unprocessable',
      'There are no runtime instances yet; leave out `runtimeInstance`.',
    );
  }
  if (webhooks !== undefined && webhooks.length > 0) {
    throw new AppError('unprocessable', 'Webhooks are not available yet; leave out `webhooks`.');
  }
  if ((input.agentTemplateId === undefined) === (input.spawn === undefined)) {
    throw new AppError('invalid', 'Give either "agentTemplateId" or "spawn".', {
      details: { field: 'agentTemplateId' },
    });
  }
  return input;
}

async function pendingBySession(
  http: HttpContext,
  caller: Caller,
): Promise<ReadonlyMap<string, PermissionRequest>> {
  const pending = await http.sessions.permissions(caller);
  return new Map(pending.toReversed().map((request) => [request.sessionId, request]));
}

async function page(
  http: HttpContext,
  caller: Caller,
  filter: SessionFilter,
  cursor: string | null,
  limit: number,
): Promise<{ data: SessionWire[]; nextCursor: string | null }> {
  const found = await http.sessions.sessions(caller, filter, cursor, limit);
  const pending = await pendingBySession(http, caller);
  return {
    data: found.data.map((session) =>
      briefSession(session, http.publicUrl, pending.get(session.id)),
    ),
    nextCursor: found.nextCursor,
  };
}

export function sessionRoutes(app: Api, http: HttpContext, base: SessionsBase): void {
  creating(app, http, base);
  if (base === '/api/agents') listingUnpaged(app, http);
  else listing(app, http);
  reading(app, http, base);
  ending(app, http, base);
}

function creating(app: Api, http: HttpContext, base: SessionsBase): void {
  const route = createRoute({
    method: 'post',
    path: base,
    tags: [base.slice(5)],
    summary: 'Start a session of an agent',
    request: { headers: idempotencyHeader, body: jsonBody(creationSchema) },
    responses: {
      201: answers(sessionSchema, 'Stored; its agent is being started.'),
      200: answers(sessionSchema, 'The session that has this `sessionId` already.'),
      ...otherwise,
    },
  });
  app.openapi(guarded(app, 'session.create', route), async (c) => {
    const body = c.req.valid('json');
    const input = creationOf(body);
    const kept = { schema: sessionSchema, statuses: [200, 201] as const };
    const attempt = await beginAttempt(c, http, body, kept);
    if (attempt.earlier) return c.json(attempt.earlier.body, attempt.earlier.status);
    const sessionId = input.sessionId ?? (await attempt.id('s'));
    const { session, created } = await http.sessions.create(c.var.caller, { ...input, sessionId });
    const first = created || body.sessionId === undefined;
    const answer = {
      status: first ? (201 as const) : (200 as const),
      body: briefSession(session, http.publicUrl, undefined),
    };
    await attempt.keep(answer);
    return c.json(answer.body, answer.status);
  });
}

function listing(app: Api, http: HttpContext): void {
  const route = createRoute({
    method: 'get',
    path: '/api/sessions',
    tags: ['sessions'],
    summary: 'Sessions, newest first',
    request: { query: filterSchema },
    responses: { 200: answers(pageOf(sessionSchema), 'A page, without logs.'), ...otherwise },
  });
  app.openapi(guarded(app, 'session.read', route), async (c) => {
    const { status, thread, cursor, limit, ...rest } = c.req.valid('query');
    const filter = {
      ...rest,
      ...(status && { states: STATES[status] }),
      ...(thread && { threadId: thread }),
    };
    return c.json(await page(http, c.var.caller, filter, cursor ?? null, limit), 200);
  });
}

function listingUnpaged(app: Api, http: HttpContext): void {
  const route = createRoute({
    method: 'get',
    path: '/api/agents',
    tags: ['agents'],
    summary: 'Active sessions, newest first, as a plain array',
    responses: { 200: answers(z.array(sessionSchema), 'At most 1,000.'), ...otherwise },
  });
  app.openapi(guarded(app, 'session.read', route), async (c) => {
    const sessions: SessionWire[] = [];
    let cursor: string | null = null;
    do {
      const next = await page(http, c.var.caller, { states: STATES.active }, cursor, 200);
      sessions.push(...next.data);
      cursor = next.nextCursor;
    } while (cursor !== null && sessions.length < UNPAGED);
    return c.json(sessions, 200);
  });
}

function reading(app: Api, http: HttpContext, base: SessionsBase): void {
  const route = createRoute({
    method: 'get',
    path: `${base}/{id}`,
    tags: [base.slice(5)],
    summary: 'One session, with its newest events, its queue and its turn',
    request: { params: sessionParams },
    responses: { 200: answers(sessionSchema, 'The session.'), ...otherwise },
  });
  app.openapi(guarded(app, 'session.read', route), async (c) => {
    const session = await http.sessions.session(c.var.caller, c.req.valid('param').id);
    return c.json(await fullSession(http, c.var.caller, session), 200);
  });
}

function ending(app: Api, http: HttpContext, base: SessionsBase): void {
  const route = createRoute({
    method: 'delete',
    path: `${base}/{id}`,
    tags: [base.slice(5)],
    summary: 'End a session: its turn and its waiting prompts are cancelled, its agent ends',
    request: { params: sessionParams },
    responses: { 200: answers(sessionSchema, 'The session as it is now.'), ...otherwise },
  });
  app.openapi(guarded(app, 'session.close', route), async (c) => {
    const session = await http.sessions.close(c.var.caller, c.req.valid('param').id);
    return c.json(briefSession(session, http.publicUrl, undefined), 200);
  });
}
