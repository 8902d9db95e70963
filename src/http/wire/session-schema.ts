/** Sessions, prompts and permission requests as the API shows them. Times are ISO 8601. */
import { z } from '@hono/zod-openapi';

export const actorSchema = z
  .object({ surface: z.string(), id: z.string(), name: z.string(), kind: z.string() })
  .openapi('Actor');

export const spawnSchema = z
  .strictObject({ command: z.string().min(1), args: z.array(z.string()) })
  .openapi('AgentSpawn');

export const logSchema = z
  .object({
    seq: z.number().int(),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
    timestamp: z.string(),
  })
  .openapi('SessionLog');

export const queueItemSchema = z
  .object({
    queueId: z.string().openapi({ description: 'The id of the prompt.' }),
    text: z.string(),
    enqueuedAt: z.string(),
    position: z.number().int(),
  })
  .openapi('PromptQueueItem');

export const queueSchema = z
  .object({
    processing: z.boolean(),
    paused: z.boolean(),
    items: z.array(queueItemSchema),
    size: z.number().int(),
  })
  .openapi('PromptQueue');

export const optionSchema = z.object({
  optionId: z.string(),
  name: z.string(),
  kind: z.string(),
});

export const pendingPermissionSchema = z
  .object({
    requestId: z.string(),
    toolCallId: z.string(),
    title: z.string(),
    kind: z.string().optional(),
    options: z.array(optionSchema),
  })
  .openapi('PendingPermission');

export const permissionSchema = pendingPermissionSchema
  .extend({
    sessionId: z.string(),
    promptId: z.string().nullable(),
    code: z.string().openapi({ description: 'What people type to answer it.', example: 'k7' }),
    state: z.enum(['pending', 'answered', 'cancelled', 'expired']),
    toolCall: z.record(z.string(), z.unknown()),
    optionId: z.string().nullable(),
    answeredBy: actorSchema.nullable(),
    requestedAt: z.string(),
    expiresAt: z.string(),
    resolvedAt: z.string().nullable(),
  })
  .openapi('PermissionRequest');

export const configOptionSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    category: z.string().optional(),
    type: z.string(),
    currentValue: z.union([z.string(), z.boolean()]).optional(),
    options: z.array(z.object({ value: z.string(), name: z.string() })),
  })
  .openapi('ConfigOption');

export const configSchema = z
  .object({
    modes: z.array(
      z.object({ id: z.string(), name: z.string(), description: z.string().optional() }),
    ),
    currentModeId: z.string().nullable(),
    configOptions: z.array(configOptionSchema),
  })
  .openapi('SessionConfig');

export const turnSchema = z
  .object({
    promptId: z.string(),
    text: z.string(),
    actor: actorSchema,
    startedAt: z.string().nullable(),
  })
  .openapi('Turn');

export const sessionSchema = z
  .object({
    id: z.string(),
    agentName: z.string(),
    spawn: spawnSchema,
    startedAt: z.string(),
    lastUpdatedAt: z.string(),
    status: z.enum(['active', 'killed']),
    logs: z.array(logSchema).openapi({
      description: 'The newest events, oldest first. Lists leave them out; /events has all.',
    }),
    pendingPermission: pendingPermissionSchema.nullable(),
    fileSystem: z.null(),
    promptQueue: queueSchema.nullable().openapi({ description: 'null in lists.' }),
    websocketUrl: z.string(),
    runtime: z.string(),
    state: z.enum(['new', 'starting', 'idle', 'running', 'failed', 'ending', 'ended']),
    stateReason: z.string().nullable(),
    agentTemplateId: z.string().nullable(),
    templateVersion: z.number().int().nullable(),
    acpSessionId: z.string().nullable(),
    cwd: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    createdBy: actorSchema,
    turn: turnSchema.nullable().openapi({ description: 'The running turn; null in lists.' }),
    usage: z
      .object({
        used: z.number().optional(),
        size: z.number().optional(),
        cost: z.object({ amount: z.number(), currency: z.string() }).optional(),
      })
      .nullable(),
    configOptions: z.array(configOptionSchema),
    threads: z.array(z.object({ id: z.string(), surface: z.string(), title: z.string() })),
    lastSeq: z.number().int(),
  })
  .openapi('Session');

export type SessionWire = z.infer<typeof sessionSchema>;
export type PermissionWire = z.infer<typeof permissionSchema>;
export type QueueWire = z.infer<typeof queueSchema>;
export type ConfigWire = z.infer<typeof configSchema>;
