/**
 * The closed union of session events, and the schemas of their data. The log stores
 * `{seq, type, data, at}`; `seq` starts at 1 per session, has no gaps and never restarts.
 *
 * `update` keeps the agent's own ACP update untouched; its kinds are open, ours are closed.
 */
import { z } from 'zod';
import { CLOSED_REASONS } from './permission.ts';

const actorSchema = z.object({
  surface: z.string(),
  id: z.string(),
  name: z.string(),
  kind: z.enum(['person', 'bot', 'token', 'system']),
});

const promptId = z.string();
const requestId = z.string();

export const sessionEventSchemas = {
  'session.created': z.object({ agentName: z.string(), agentTemplateId: z.string().nullable() }),
  /** `how`: a new ACP session, an old one loaded or resumed, or a new one given the transcript. */
  'session.started': z.object({
    acpSessionId: z.string(),
    /** Absolute directory in which the agent works. */
    cwd: z.string().optional(),
    how: z.enum(['new', 'load', 'resume', 'transcript']),
    agent: z.object({
      name: z.string().optional(),
      title: z.string().optional(),
      version: z.string().optional(),
    }),
  }),
  /** An ended session that takes prompts again. */
  'session.resumed': z.object({ by: actorSchema }),
  'session.idle': z.object({}),
  'session.terminated': z.object({
    reason: z.enum(['terminated', 'error', 'idle_timeout', 'agent_exit']),
    by: actorSchema.optional(),
  }),
  'session.error': z.object({ message: z.string(), code: z.string() }),
  'prompt.queued': z.object({
    promptId,
    text: z.string(),
    actor: actorSchema,
    /** The turn may look and change nothing. */
    readOnly: z.boolean().optional(),
    /** It is this prompt with the text that it was edited to: in its place, or run again. */
    editOf: promptId.optional(),
  }),
  'prompt.started': z.object({ promptId }),
  'prompt.cancelled': z.object({ promptId, by: actorSchema }),
  /** Somebody changed what they had asked when its turn had begun: `text` can be run instead. */
  'prompt.edited': z.object({ promptId, text: z.string(), by: actorSchema }),
  /** The agent was told to end the turn; `turn.ended` follows, at the latest when it is ended. */
  'turn.stopping': z.object({ promptId }),
  /**
   * The last event of a turn. `stopReason` is ACP's, or ours: `failed` (with `error`) when the
   * agent broke, `interrupted` when the server or the agent died in the middle.
   */
  'turn.ended': z.object({
    promptId,
    stopReason: z.string(),
    usage: z.record(z.string(), z.unknown()).optional(),
    error: z.string().optional(),
  }),
  /** One ACP session update. `chunks` > 1: that many text chunks in a row, coalesced into one. */
  update: z.object({
    promptId: promptId.optional(),
    /** History that the agent replays on session/load: never shown again. */
    replay: z.boolean().optional(),
    chunks: z.number().int().optional(),
    update: z.looseObject({ sessionUpdate: z.string() }),
  }),
  'permission.requested': z.object({
    requestId,
    promptId: promptId.nullable(),
    code: z.string(),
    toolCallId: z.string(),
    title: z.string(),
    kind: z.string().nullable(),
    toolCall: z.record(z.string(), z.unknown()),
    options: z.array(z.object({ optionId: z.string(), name: z.string(), kind: z.string() })),
    expiresAt: z.number(),
  }),
  /** Half of its time is over, and nobody has answered. */
  'permission.reminded': z.object({ requestId }),
  'permission.resolved': z.object({
    requestId,
    outcome: z.enum(['selected', 'cancelled', 'expired']),
    optionId: z.string().optional(),
    optionKind: z.string().optional(),
    optionName: z.string().optional(),
    by: actorSchema,
    rule: z.string().optional(),
    /** Why it was cancelled. */
    reason: z.enum(CLOSED_REASONS).optional(),
  }),
  /** The waiting prompts in their new order, when prompt.queued, started and cancelled do not tell it. */
  'queue.updated': z.object({
    items: z.array(z.object({ promptId, text: z.string(), position: z.number().int() })),
  }),
  'queue.paused': z.object({ by: actorSchema }),
  'queue.resumed': z.object({ by: actorSchema }),
  'thread.bound': z.object({ threadId: z.string(), surface: z.string() }),
  /** The thread shows no turns of the session until it is unmuted. */
  'thread.muted': z.object({ threadId: z.string(), by: actorSchema }),
  'thread.unmuted': z.object({ threadId: z.string(), by: actorSchema }),
  'thread.unbound': z.object({ threadId: z.string() }),
  'span.environment_setup_start': z.object({ runtime: z.string() }),
  /** Always follows its start. `ok: false` has the reason. */
  'span.environment_setup_end': z.object({ ok: z.boolean(), reason: z.string().optional() }),
  /** Something that the agent's process said outside ACP, or a fact for whoever debugs. */
  log: z.object({ level: z.enum(['info', 'warn', 'error']), message: z.string() }),
} as const;

export type SessionEventType = keyof typeof sessionEventSchemas;

/** An event that is not yet in the log. */
export type NewEvent = {
  [T in SessionEventType]: {
    readonly type: T;
    readonly data: z.infer<(typeof sessionEventSchemas)[T]>;
  };
}[SessionEventType];

/** An event of the log. `at` is milliseconds since the epoch. */
export type SessionEvent = NewEvent & {
  readonly sessionId: string;
  readonly seq: number;
  readonly at: number;
};

/** A row of the log: `json` is `data`, serialised once for the table and for every reader. */
export interface StoredEvent {
  readonly sessionId: string;
  readonly seq: number;
  readonly type: SessionEventType;
  readonly json: string;
  readonly at: number;
}
