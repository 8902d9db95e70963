/** Mode, model and the other options that a session's agent reported. */
import { createRoute, z } from '@hono/zod-openapi';
import type { Api, SessionsBase } from '../api.ts';
import { answers, guarded, jsonBody, otherwise, sessionParams } from '../api.ts';
import type { HttpContext } from '../deps.ts';
import { configWire } from '../wire/session.ts';
import { configSchema } from '../wire/session-schema.ts';

const changeSchema = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .openapi({ description: 'Id of the option; `mode`, `model` always work.' }),
    value: z.string(),
  })
  .openapi('ConfigChange');

export function configRoutes(app: Api, http: HttpContext, base: SessionsBase): void {
  const read = createRoute({
    method: 'get',
    path: `${base}/{id}/config`,
    tags: ['config'],
    summary: 'Modes and options of the agent',
    request: { params: sessionParams },
    responses: { 200: answers(configSchema, 'Empty until the agent has started.'), ...otherwise },
  });
  app.openapi(guarded(app, 'session.read', read), async (c) => {
    const session = await http.sessions.session(c.var.caller, c.req.valid('param').id);
    return c.json(configWire(session), 200);
  });
  const change = createRoute({
    method: 'put',
    path: `${base}/{id}/config`,
    tags: ['config'],
    summary: 'Set a mode, a model or another option',
    request: { params: sessionParams, body: jsonBody(changeSchema) },
    responses: { 200: answers(configSchema, 'As it is now.'), ...otherwise },
  });
  app.openapi(guarded(app, 'session.configure', change), async (c) => {
    const { id } = c.req.valid('param');
    const { id: optionId, value } = c.req.valid('json');
    const session = await http.sessions.setConfig(c.var.caller, id, optionId, value);
    return c.json(configWire(session), 200);
  });
}
