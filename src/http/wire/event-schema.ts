/** The closed union of session events, for the document. The log's own schemas are the source. */
import { z } from '@hono/zod-openapi';
import { sessionEventSchemas } from '../../core/model/events.ts';

const members = Object.entries(sessionEventSchemas).map(([type, data]) =>
  z
    .object({
      seq: z.number().int().openapi({ description: 'Order in the session, from 1, no gaps.' }),
      type: z.literal(type),
      data,
      timestamp: z.string(),
    })
    .openapi(`SessionEvent.${type}`),
);

/** One event of the log. `type` decides the shape of `data`. */
export const sessionEventSchema = z.union(members).openapi('SessionEvent');
