/**
 * What we read of Slack's payloads. Everything else in them is kept out: a listener sees only what
 * was parsed here. `undefined` from a parser means "nothing for us", never an error.
 */
import { z } from 'zod';

const id = z.string().min(1).max(64);
const ts = z.string().regex(/^\d{1,12}\.\d{1,9}$/);

const said = {
  ts,
  thread_ts: ts.optional(),
  user: id.optional(),
  text: z.string().optional(),
  bot_id: z.string().optional(),
  app_id: z.string().optional(),
};

/** What somebody shared with a message. */
export const fileSchema = z.looseObject({
  name: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
});
export type SharedFile = z.infer<typeof fileSchema>;

/** A message of somebody, plain or as an app_mention. */
export const saidSchema = z.object({
  type: z.enum(['message', 'app_mention']),
  subtype: z.string().optional(),
  channel: id,
  channel_type: z.string().optional(),
  user_team: id.optional(),
  files: z.array(fileSchema).default([]),
  ...said,
});
export type Said = z.infer<typeof saidSchema>;

export const changedSchema = z.object({
  subtype: z.literal('message_changed'),
  channel: id,
  message: z.object({ ...said, edited: z.object({ ts: z.string() }).optional() }),
  previous_message: z.object({ text: z.string().optional() }).optional(),
});
export type Changed = z.infer<typeof changedSchema>;

export const deletedSchema = z.object({
  subtype: z.literal('message_deleted'),
  channel: id,
  deleted_ts: ts,
  previous_message: z.object({ ...said, ts: ts.optional() }).optional(),
});

export const reactionSchema = z.object({
  user: id,
  reaction: z.string(),
  item: z.object({ type: z.literal('message'), channel: id, ts }),
});

export const stoppedSchema = z.object({
  channel: id,
  user: id,
  thread_ts: ts,
});

export const homeSchema = z.object({ user: id, tab: z.string().optional() });

export const actionsSchema = z.object({
  user: z.object({ id, name: z.string().optional() }),
  channel: z.object({ id }).optional(),
  container: z.looseObject({ thread_ts: ts.optional(), message_ts: ts.optional() }).optional(),
  message: z.looseObject({ ts, thread_ts: ts.optional() }).optional(),
  trigger_id: z.string().optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })),
});

export const commandSchema = z.object({
  channel_id: id,
  user_id: id,
  text: z.string().default(''),
  trigger_id: z.string(),
});

export const shortcutSchema = z.object({
  user: z.object({ id }),
  channel: z.object({ id }),
  trigger_id: z.string(),
  message: z.looseObject({
    ts,
    thread_ts: ts.optional(),
    text: z.string().optional(),
    user: id.optional(),
    files: z.array(fileSchema).default([]),
  }),
});

export const submissionSchema = z.object({
  user: z.object({ id }),
  view: z.object({
    id: z.string(),
    private_metadata: z.string(),
    state: z.object({
      values: z.record(
        z.string(),
        z.record(z.string(), z.looseObject({ value: z.string().nullish() })),
      ),
    }),
  }),
});

/** What every payload says about where it comes from. */
const envelopeSchema = z.looseObject({
  type: z.string().optional(),
  command: z.string().optional(),
  event_id: z.string().optional(),
  api_app_id: z.string().optional(),
  team_id: z.string().nullish(),
  team: z.looseObject({ id: z.string() }).nullish(),
  user: z.looseObject({ id: z.string(), team_id: z.string().optional() }).optional(),
  authorizations: z.array(z.looseObject({ team_id: z.string().nullish() })).optional(),
  trigger_id: z.string().optional(),
  event: z
    .looseObject({
      type: z.string(),
      channel: z.unknown().optional(),
      ts: z.unknown().optional(),
      thread_ts: z.unknown().optional(),
      event_ts: z.unknown().optional(),
    })
    .optional(),
});
export type Envelope = z.infer<typeof envelopeSchema>;

export function parseEnvelope(body: unknown): Envelope | undefined {
  const parsed = envelopeSchema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

/** The workspace that installed us; in a shared channel the event may come from another one. */
export function teamOf(body: Envelope): string | undefined {
  const authorized = body.authorizations?.find(({ team_id }) => team_id)?.team_id;
  return authorized ?? body.team_id ?? body.team?.id ?? body.user?.team_id ?? undefined;
}

/** The same for each delivery of one thing, told apart from all others. */
export function deliveryIdOf(body: Envelope): string | undefined {
  const { event, event_id, trigger_id, type } = body;
  if (event_id !== undefined) return event_id;
  if (trigger_id !== undefined) return trigger_id;
  if (event === undefined) return undefined;
  // Recorded and older payloads come without an id of their own.
  const { channel, ts: at, event_ts } = event;
  const where = typeof channel === 'string' ? channel : '';
  const when = [event_ts, at].find((one) => typeof one === 'string');
  return when === undefined ? undefined : `${type}:${event.type}:${where}:${String(when)}`;
}

/** Deliveries with one of these are worked off one after the other. */
export function laneOf(body: Envelope): string {
  const { event } = body;
  if (event === undefined) return deliveryIdOf(body) ?? '';
  const about = z
    .looseObject({
      ts: z.string().optional(),
      thread_ts: z.string().optional(),
      channel: z.string().optional(),
    })
    .safeParse(event['message'] ?? event['previous_message'] ?? event['item'] ?? event);
  const { thread_ts, ts: own, channel: its = '' } = about.success ? about.data : {};
  const channel = typeof event.channel === 'string' ? event.channel : its;
  return `${teamOf(body) ?? ''}/${channel}/${thread_ts ?? own ?? ''}`;
}
