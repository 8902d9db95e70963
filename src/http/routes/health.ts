/** Is it there, and can it work? Answered without a token, in constant time. */
import { createRoute, z } from '@hono/zod-openapi';
import { answers } from '../api.ts';
import type { Api } from '../api.ts';
import type { HttpContext } from '../deps.ts';

const platformSchema = z.object({
  state: z.enum(['connecting', 'ready', 'away']),
  /** A sentence for people; when it is away, with what to do. */
  says: z.string(),
});

const healthSchema = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    sessions: z.number().int(),
    platforms: z.record(z.string(), platformSchema),
  })
  .openapi('Health');

const readySchema = z
  .object({ status: z.enum(['ready', 'closing', 'no_database']) })
  .openapi('Readiness');

export function healthRoutes(app: Api, http: HttpContext): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/health',
      tags: ['health'],
      summary: 'The server runs, how many sessions it has, and whether its platforms answer',
      responses: { 200: answers(healthSchema, 'It runs.') },
    }),
    (c) =>
      c.json(
        {
          status: 'ok' as const,
          version: http.version,
          sessions: http.sessionCount(),
          platforms: Object.fromEntries(http.platforms?.() ?? []),
        },
        200,
      ),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/health/ready',
      tags: ['health'],
      summary: 'The database answers and work is taken',
      responses: {
        200: answers(readySchema, 'Ready.'),
        503: answers(readySchema, 'Not ready; send work elsewhere.'),
      },
    }),
    async (c) => {
      if (http.isClosing()) return c.json({ status: 'closing' as const }, 503);
      try {
        await http.ping();
        return c.json({ status: 'ready' as const }, 200);
      } catch (error) {
        http.logger.warn({ err: error, requestId: c.var.requestId }, 'database does not answer');
        return c.json({ status: 'no_database' as const }, 503);
      }
    },
  );
}
