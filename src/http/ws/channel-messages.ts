/** What is said over WebSockets, both ways. Unknown fields of a client's message are ignored. */
import { z } from '@hono/zod-openapi';
import { idSchema } from '../api.ts';
import { permissionReplySchema } from '../routes/permissions.ts';

const since = z.number().int().min(0).optional();
const sessionId = idSchema('s');

/** What can be done to a session; `/ws` names it in each message, `/ws/sessions/:id` in the path. */
const verbs = {
  prompt: z.object({ action: z.literal('prompt'), text: z.string().regex(/\S/, 'is empty') }),
  respond: z.object({
    action: z.literal('permission.respond'),
    requestId: idSchema('r'),
    body: permissionReplySchema,
  }),
  cancel: z.object({ action: z.literal('cancel'), queueId: idSchema('p').optional() }),
  terminate: z.object({ action: z.literal('terminate') }),
  reorder: z.object({ action: z.literal('queue.reorder'), order: z.array(idSchema('p')) }),
  clear: z.object({ action: z.literal('queue.clear') }),
  pause: z.object({ action: z.literal('queue.pause') }),
  resume: z.object({ action: z.literal('queue.resume') }),
};
const ping = z.object({ action: z.literal('ping') });
/** Known, but comes later. */
const later = z.object({
  action: z.enum(['terminal.create', 'terminal.input', 'terminal.resize', 'terminal.kill']),
});

export const sessionMessageSchema = z.discriminatedUnion('action', [
  verbs.prompt,
  verbs.respond,
  verbs.cancel,
  verbs.terminate,
  verbs.reorder,
  verbs.clear,
  verbs.pause,
  verbs.resume,
  ping,
  later,
]);

export const clientMessageSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('subscribe'), channel: z.string(), since }),
  z.object({ action: z.literal('unsubscribe'), channel: z.string() }),
  verbs.prompt.extend({ sessionId }),
  verbs.respond.extend({ sessionId }),
  verbs.cancel.extend({ sessionId }),
  verbs.terminate.extend({ sessionId }),
  verbs.reorder.extend({ sessionId }),
  verbs.clear.extend({ sessionId }),
  verbs.pause.extend({ sessionId }),
  verbs.resume.extend({ sessionId }),
  ping,
  later,
]);

export type SessionMessage = z.infer<typeof sessionMessageSchema>;
/** A message that changes a session. */
export type SessionAction = Extract<
  SessionMessage,
  { action: z.infer<(typeof verbs)[keyof typeof verbs]>['action'] }
>;

const eventSchema = z.object({
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  timestamp: z.string(),
});
const ids = { sessionId: z.string(), agentId: z.string() };
const errorSchema = z.object({
  type: z.literal('error'),
  message: z.string(),
  code: z.string(),
  channel: z.string().optional(),
  requestId: z.string().optional(),
  /** With the code `lagging`: subscribe again with this as `since`. */
  lastSeq: z.number().int().optional(),
  sessionId: z.string().optional(),
});

export const serverMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('connected'), connectionId: z.string() }),
  z.object({ type: z.literal('subscribed'), channel: z.string() }),
  z.object({ type: z.literal('unsubscribed'), channel: z.string() }),
  z.object({
    type: z.literal('event'),
    channel: z.string(),
    ...ids,
    seq: z.number().int(),
    event: eventSchema,
  }),
  z.object({ type: z.literal('session.created'), ...ids }),
  z.object({ type: z.literal('session.terminated'), ...ids }),
  errorSchema,
  z.object({ type: z.literal('pong') }),
]);

export type ServerMessage =
  | Exclude<z.infer<typeof serverMessageSchema>, { type: 'event' | 'connected' }>
  | { readonly type: 'connected'; readonly connectionId: string }
  | { readonly type: 'connected'; readonly sessionId: string };
