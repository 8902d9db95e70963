/** The prompts of a session that wait for their turn. */
import { createRoute, z } from '@hono/zod-openapi';
import type { Api, SessionsBase } from '../api.ts';
import { answers, guarded, idSchema, jsonBody, otherwise, sessionParams } from '../api.ts';
import type { HttpContext } from '../deps.ts';
import { queueWire } from '../wire/session.ts';
import { queueSchema } from '../wire/session-schema.ts';

const orderSchema = z
  .strictObject({ order: z.array(idSchema('p')) })
  .openapi('QueueOrder', { description: 'Exactly the waiting prompts, in their new order.' });
const itemParams = sessionParams.extend({ promptId: idSchema('p') });

export function queueRoutes(app: Api, http: HttpContext, base: SessionsBase): void {
  reading(app, http, base);
  reordering(app, http, base);
  clearing(app, http, base);
  pausing(app, http, base);
}

function reading(app: Api, http: HttpContext, base: SessionsBase): void {
  const route = createRoute({
    method: 'get',
    path: `${base}/{id}/queue`,
    tags: ['queue'],
    summary: 'The waiting prompts, in order',
    request: { params: sessionParams },
    responses: { 200: answers(queueSchema, 'The queue.'), ...otherwise },
  });
  app.openapi(guarded(app, 'queue.read', route), async (c) => {
    const queue = await http.sessions.queue(c.var.caller, c.req.valid('param').id);
    return c.json(queueWire(queue), 200);
  });
}

function reordering(app: Api, http: HttpContext, base: SessionsBase): void {
  const route = createRoute({
    method: 'put',
    path: `${base}/{id}/queue`,
    tags: ['queue'],
    summary: 'Change the order of the waiting prompts',
    request: { params: sessionParams, body: jsonBody(orderSchema) },
    responses: { 204: { description: 'Done.' }, ...otherwise },
  });
  app.openapi(guarded(app, 'queue.reorder', route), async (c) => {
    const { order } = c.req.valid('json');
    await http.sessions.reorderQueue(c.var.caller, c.req.valid('param').id, order);
    return c.body(null, 204);
  });
}

function clearing(app: Api, http: HttpContext, base: SessionsBase): void {
  const all = createRoute({
    method: 'delete',
    path: `${base}/{id}/queue`,
    tags: ['queue'],
    summary: 'Cancel every waiting prompt',
    request: { params: sessionParams },
    responses: {
      200: answers(z.object({ cancelled: z.number().int() }), 'How many there were.'),
      ...otherwise,
    },
  });
  app.openapi(guarded(app, 'queue.clear', all), async (c) => {
    const cancelled = await http.sessions.clearQueue(c.var.caller, c.req.valid('param').id);
    return c.json({ cancelled }, 200);
  });
  const one = createRoute({
    method: 'delete',
    path: `${base}/{id}/queue/{promptId}`,
    tags: ['queue'],
    summary: 'Take one prompt out, or stop it if it runs',
    request: { params: itemParams },
    responses: { 204: { description: 'Done.' }, ...otherwise },
  });
  app.openapi(guarded(app, 'queue.cancel', one), async (c) => {
    const { id, promptId } = c.req.valid('param');
    await http.sessions.cancelPrompt(c.var.caller, id, promptId);
    return c.body(null, 204);
  });
}

function pausing(app: Api, http: HttpContext, base: SessionsBase): void {
  const pause = createRoute({
    method: 'post',
    path: `${base}/{id}/queue/pause`,
    tags: ['queue'],
    summary: 'Start no further prompt',
    request: { params: sessionParams },
    responses: { 204: { description: 'Paused.' }, ...otherwise },
  });
  app.openapi(guarded(app, 'queue.pause', pause), async (c) => {
    await http.sessions.pauseQueue(c.var.caller, c.req.valid('param').id);
    return c.body(null, 204);
  });
  const resume = createRoute({
    method: 'post',
    path: `${base}/{id}/queue/resume`,
    tags: ['queue'],
    summary: 'Go on with the queue',
    request: { params: sessionParams },
    responses: { 204: { description: 'Resumed.' }, ...otherwise },
  });
  app.openapi(guarded(app, 'queue.resume', resume), async (c) => {
    await http.sessions.resumeQueue(c.var.caller, c.req.valid('param').id);
    return c.body(null, 204);
  });
}
