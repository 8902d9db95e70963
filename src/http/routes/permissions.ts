/** Permission requests: what agents ask, and the answer. */
import { createRoute, z } from '@hono/zod-openapi';
import type { Api, SessionsBase } from '../api.ts';
import { answers, guarded, idSchema, jsonBody, otherwise, pageOf, sessionParams } from '../api.ts';
import type { HttpContext } from '../deps.ts';
import { permissionWire } from '../wire/session.ts';
import { permissionSchema } from '../wire/session-schema.ts';

export const permissionReplySchema = z.union([
  z.strictObject({ optionId: z.string().min(1) }),
  z.strictObject({ outcome: z.literal('cancelled') }),
]);

/** Across all sessions. */
export function permissionListRoute(app: Api, http: HttpContext): void {
  const route = createRoute({
    method: 'get',
    path: '/api/permissions',
    tags: ['permissions'],
    summary: 'Permission requests that wait for an answer, oldest first',
    request: {
      query: z.object({
        state: z.literal('pending').default('pending'),
        sessionId: idSchema('s').optional(),
      }),
    },
    responses: { 200: answers(pageOf(permissionSchema), 'All of them.'), ...otherwise },
  });
  app.openapi(guarded(app, 'permission.read', route), async (c) => {
    const pending = await http.sessions.permissions(c.var.caller, c.req.valid('query').sessionId);
    return c.json({ data: pending.map(permissionWire), nextCursor: null }, 200);
  });
}

export function permissionRoutes(app: Api, http: HttpContext, base: SessionsBase): void {
  const route = createRoute({
    method: 'post',
    path: `${base}/{id}/permissions/{requestId}`,
    tags: ['permissions'],
    summary: 'Answer a permission request; the first valid answer counts',
    request: {
      params: sessionParams.extend({ requestId: idSchema('r') }),
      body: jsonBody(permissionReplySchema.openapi('PermissionReply')),
    },
    responses: { 200: answers(permissionSchema, 'Answered.'), ...otherwise },
  });
  app.openapi(guarded(app, 'permission.answer', route), async (c) => {
    const { id, requestId } = c.req.valid('param');
    const reply = c.req.valid('json');
    const answered = await http.sessions.answerPermission(c.var.caller, id, requestId, reply);
    return c.json(permissionWire(answered), 200);
  });
}
