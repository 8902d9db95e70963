/** Prompts: accept, wait for, cancel. 202 means stored: it runs, or the log says why not. */
import { createRoute, z } from '@hono/zod-openapi';
import type { ContentBlock } from '../../core/model/content.ts';
import { contentBlockSchema } from '../../core/model/content.ts';
import type { PromptId } from '../../core/model/ids.ts';
import type { Caller } from '../../core/model/actor.ts';
import type { AcceptedPrompt } from '../../core/sessions/service.ts';
import type { Api, SessionsBase } from '../api.ts';
import {
  answers,
  guarded,
  idempotencyHeader,
  idSchema,
  jsonBody,
  otherwise,
  sessionParams,
  streamed,
} from '../api.ts';
import type { HttpContext } from '../deps.ts';
import type { Attempt } from '../idempotency.ts';
import { beginAttempt } from '../idempotency.ts';
import { KEPT_ALIVE, keptAlive } from '../kept-alive.ts';
import { isShallow, TOO_DEEP } from '../validation.ts';

const promptSchema = z
  .union([
    z.strictObject({ text: z.string().regex(/\S/, 'the text is empty') }),
    z.strictObject({
      prompt: z
        .array(contentBlockSchema)
        .min(1)
        .refine((blocks) => isShallow(blocks), TOO_DEEP),
    }),
  ])
  .openapi('PromptBody');

const acceptedSchema = z
  .object({
    promptId: z.string(),
    state: z.enum(['running', 'queued']),
    position: z.number().int().openapi({ description: 'Place in the queue; 0: it runs.' }),
  })
  .openapi('AcceptedPrompt');

const resultSchema = z
  .object({
    promptId: z.string(),
    stopReason: z.string(),
    text: z.string(),
    error: z.string().optional().openapi({ description: 'Why the turn failed.' }),
    code: z.string().optional(),
  })
  .openapi('TurnResult');

const queuedSchema = z
  .object({ queued: z.literal(true), queueId: z.string(), position: z.number().int() })
  .openapi('QueuedPrompt');

const answerSchema = z.union([acceptedSchema, queuedSchema, resultSchema]);
type PromptAnswer = z.infer<typeof answerSchema>;
type PromptAttempt = Attempt<PromptAnswer, 200 | 202>;

function contentOf(body: z.infer<typeof promptSchema>): readonly ContentBlock[] {
  return 'text' in body ? [{ type: 'text', text: body.text }] : body.prompt;
}

export function promptRoutes(app: Api, http: HttpContext, base: SessionsBase): void {
  prompting(app, http, base);
  cancelling(app, http, base);
}

/** What the older name answers at once when the session is busy, instead of waiting. */
function busy(accepted: AcceptedPrompt): PromptAnswer {
  return { queued: true, queueId: accepted.promptId, position: accepted.position };
}

function waiting(
  http: HttpContext,
  caller: Caller,
  requestId: string,
  promptId: PromptId,
  attempt: PromptAttempt,
): ReadableStream<Uint8Array> {
  return keptAlive(http, requestId, async (signal) => {
    const turn = await http.sessions.turnResult(caller, promptId, signal);
    const body: PromptAnswer = {
      promptId: turn.promptId,
      stopReason: turn.stopReason,
      text: turn.text,
      ...(turn.error === undefined ? {} : { error: turn.error, code: 'agent_failed' }),
    };
    await attempt.keep({ status: 200, body });
    return body;
  });
}

function prompting(app: Api, http: HttpContext, base: SessionsBase): void {
  const older = base === '/api/agents';
  const query = z.object({
    wait: z
      .enum(['true', 'false'])
      .default(older ? 'true' : 'false')
      .openapi({ description: 'Answer at the end of the turn, however long it takes.' }),
  });
  const route = createRoute({
    method: 'post',
    path: `${base}/{id}/prompts`,
    tags: [base.slice(5)],
    summary: 'Prompt the agent',
    request: {
      params: sessionParams,
      query,
      headers: idempotencyHeader,
      body: jsonBody(promptSchema),
    },
    responses: {
      202: answers(acceptedSchema, 'Stored: it runs or waits in the queue.'),
      200: answers(answerSchema, 'The turn has ended, or (under /agents) the session is busy.'),
      ...otherwise,
    },
  });
  app.openapi(guarded(app, 'prompt', route), async (c) => {
    const { id } = c.req.valid('param');
    const body = c.req.valid('json');
    const wait = c.req.valid('query').wait === 'true';
    if (wait) await c.var.check('session.read', c.var.caller);
    const kept = { schema: answerSchema, statuses: [200, 202] as const };
    const attempt = await beginAttempt(c, http, body, kept);
    const earlier = attempt.earlier;
    if (earlier) {
      return streamed(c.body(JSON.stringify(earlier.body), earlier.status, KEPT_ALIVE));
    }
    const promptId = await attempt.id('p');
    const caller = c.var.caller;
    const accepted = await http.sessions.prompt(caller, id, { content: contentOf(body), promptId });
    const queuedUnderOldName =
      older && accepted.state === 'queued' && c.req.query('wait') !== 'true' && wait;
    if (wait && !queuedUnderOldName) {
      const stream = waiting(http, caller, c.var.requestId, accepted.promptId, attempt);
      return streamed(c.body(stream, 200, KEPT_ALIVE));
    }
    if (queuedUnderOldName) {
      await attempt.keep({ status: 200, body: busy(accepted) });
      return c.json(busy(accepted), 200);
    }
    const { state, position } = accepted;
    const answer = { promptId: accepted.promptId, state, position };
    await attempt.keep({ status: 202, body: answer });
    return c.json(answer, 202);
  });
}

function cancelling(app: Api, http: HttpContext, base: SessionsBase): void {
  const route = createRoute({
    method: 'post',
    path: `${base}/{id}/cancel`,
    tags: [base.slice(5)],
    summary: 'Stop the running turn, or take one prompt back',
    request: {
      params: sessionParams,
      body: {
        required: false,
        content: {
          'application/json': {
            schema: z.strictObject({ promptId: idSchema('p').optional() }).openapi('CancelBody'),
          },
        },
      },
    },
    responses: {
      200: answers(
        z.object({ cancelled: z.boolean() }).openapi('Cancelled'),
        '`cancelled: false`: nothing was running.',
      ),
      ...otherwise,
    },
  });
  app.openapi(guarded(app, 'cancel', route), async (c) => {
    const { id } = c.req.valid('param');
    const { promptId } = c.req.valid('json');
    if (promptId === undefined) {
      return c.json({ cancelled: await http.sessions.cancelTurn(c.var.caller, id) }, 200);
    }
    await http.sessions.cancelPrompt(c.var.caller, id, promptId);
    return c.json({ cancelled: true }, 200);
  });
}
