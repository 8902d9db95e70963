/** The log of a session: a page of it, and as a stream of server-sent events. */
import { createRoute, z } from '@hono/zod-openapi';
import { AppError } from '../../core/model/errors.ts';
import type { StoredEvent } from '../../core/model/events.ts';
import type { Api, SessionsBase } from '../api.ts';
import { answers, guarded, otherwise, sessionParams, streamed } from '../api.ts';
import type { HttpContext } from '../deps.ts';
import { EVENT_STREAM, eventStream } from '../sse.ts';
import { sessionEventSchema } from '../wire/event-schema.ts';

const seqSchema = z.coerce.number().int().min(0);
const pageSchema = z
  .object({
    data: z.array(sessionEventSchema),
    nextCursor: z.string().nullable().openapi({ description: 'The next `after`.' }),
  })
  .openapi('EventPage');

export function eventRoutes(app: Api, http: HttpContext, base: SessionsBase): void {
  reading(app, http, base);
  streaming(app, http, base);
}

/** The data of an event is JSON already: it is not parsed to be written again. */
function eventJson(event: StoredEvent): string {
  const timestamp = new Date(event.at).toISOString();
  return `{"seq":${event.seq},"type":"${event.type}","data":${event.json},"timestamp":"${timestamp}"}`;
}

function reading(app: Api, http: HttpContext, base: SessionsBase): void {
  const query = z.object({
    after: seqSchema.default(0).openapi({ description: 'Events with a greater `seq`.' }),
    limit: z.coerce.number().int().min(1).max(200).default(100),
  });
  const route = createRoute({
    method: 'get',
    path: `${base}/{id}/events`,
    tags: ['events'],
    summary: 'A page of the log, ascending',
    request: { params: sessionParams, query },
    responses: { 200: answers(pageSchema, 'Events.'), ...otherwise },
  });
  app.openapi(guarded(app, 'events.read', route), async (c) => {
    const { after, limit } = c.req.valid('query');
    const session = await http.sessions.session(c.var.caller, c.req.valid('param').id);
    const events = await http.store.events(session.id, after, limit);
    const last = events.at(-1)?.seq ?? after;
    const next = last < session.lastSeq ? `"${last}"` : 'null';
    const body = `{"data":[${events.map(eventJson).join(',')}],"nextCursor":${next}}`;
    return streamed(c.body(body, 200, { 'Content-Type': 'application/json' }));
  });
}

function streaming(app: Api, http: HttpContext, base: SessionsBase): void {
  const route = createRoute({
    method: 'get',
    path: `${base}/{id}/stream`,
    tags: ['events'],
    summary: 'The log as server-sent events: `id` is the seq, `event` the type',
    description: 'Goes on live after the history, and ends when the session has ended.',
    request: {
      params: sessionParams,
      query: z.object({ after: seqSchema.optional() }),
      headers: z.object({ 'last-event-id': seqSchema.optional() }),
    },
    responses: {
      200: { description: 'Events.', content: { 'text/event-stream': { schema: z.string() } } },
      204: { description: 'The session has ended and nothing is left to tell; do not reconnect.' },
      ...otherwise,
    },
  });
  app.openapi(guarded(app, 'events.read', route), async (c) => {
    const { id } = c.req.valid('param');
    const after = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').after ?? 0;
    const session = await http.sessions.session(c.var.caller, id);
    if (after > session.lastSeq) {
      throw new AppError('invalid', `"after" is past the end of the log, ${session.lastSeq}.`, {
        details: { field: 'after' },
      });
    }
    if (session.state === 'ended' && after === session.lastSeq) return c.body(null, 204);
    const stream = eventStream(http, c.var.authenticated, session, after);
    return streamed(c.body(stream, 200, EVENT_STREAM));
  });
}
