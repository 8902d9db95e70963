/** The queue of a session: look, reorder, clear, pause, resume. */
import type { Caller } from '../model/actor.ts';
import { AppError } from '../model/errors.ts';
import type { NewEvent } from '../model/events.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import type { Prompt } from '../model/session.ts';
import { commitAsGuest, refusal, sessionOf } from './service-deps.ts';
import type { ServiceDeps } from './service-deps.ts';
import type { SessionService } from './service.ts';

type Methods = Pick<
  SessionService,
  'queue' | 'reorderQueue' | 'clearQueue' | 'pauseQueue' | 'resumeQueue'
>;

/** Characters of a prompt's text in a queue listing. */
const LIST_TEXT_LIMIT = 200;

export function queueMethods(deps: ServiceDeps): Methods {
  const { store, guard } = deps;

  return {
    async queue(caller, id) {
      await guard.check('queue.read', caller, { sessionId: id });
      const session = await sessionOf(deps, id);
      const open = await store.prompts(id, ['running', 'queued']);
      return {
        paused: session.queuePaused,
        running: open.find((prompt) => prompt.state === 'running') ?? null,
        waiting: open.filter((prompt) => prompt.state === 'queued'),
      };
    },
    async reorderQueue(caller, id, order) {
      await guard.check('queue.reorder', caller, { sessionId: id });
      await reorder(deps, id, order);
    },
    async clearQueue(caller, id) {
      await guard.check('queue.clear', caller, { sessionId: id });
      return clear(deps, caller, id);
    },
    async pauseQueue(caller, id) {
      await guard.check('queue.pause', caller, { sessionId: id });
      await setPaused(deps, caller, id, true);
    },
    async resumeQueue(caller, id) {
      await guard.check('queue.resume', caller, { sessionId: id });
      await setPaused(deps, caller, id, false);
    },
  };
}

async function reorder(
  deps: ServiceDeps,
  id: SessionId,
  order: readonly PromptId[],
): Promise<void> {
  await sessionOf(deps, id);
  const waiting = await deps.store.prompts(id, ['queued']);
  const byId = new Map(waiting.map((prompt) => [prompt.id, prompt]));
  const wanted = order.flatMap((promptId) => byId.get(promptId) ?? []);
  if (
    wanted.length !== waiting.length ||
    new Set(order).size !== order.length ||
    order.length !== waiting.length
  ) {
    throw new AppError(
      'conflict',
      'The order must name exactly the waiting prompts. Read the queue again.',
      {
        details: { waiting: waiting.map((prompt) => prompt.id) },
      },
    );
  }
  const ranks = waiting.map((prompt) => prompt.rank);
  const result = await commitAsGuest(deps, id, {
    prompts: wanted.map((prompt, index) => ({
      id: prompt.id,
      from: ['queued'],
      rank: ranks[index] ?? prompt.rank,
    })),
    events: [queueEvent(wanted)],
  });
  if (!result.ok) throw refusal(result);
}

async function clear(deps: ServiceDeps, caller: Caller, id: SessionId): Promise<number> {
  await sessionOf(deps, id);
  let cleared = 0;
  for (const prompt of await deps.store.prompts(id, ['queued'])) {
    const result = await commitAsGuest(deps, id, {
      prompts: [{ id: prompt.id, from: ['queued'], state: 'cancelled', endedAt: deps.clock.now() }],
      events: [
        { type: 'prompt.cancelled', data: { promptId: prompt.id, by: { ...caller.actor } } },
      ],
    });
    if (result.ok) cleared += 1;
  }
  return cleared;
}

async function setPaused(
  deps: ServiceDeps,
  caller: Caller,
  id: SessionId,
  paused: boolean,
): Promise<void> {
  const session = await sessionOf(deps, id);
  if (session.queuePaused === paused) return;
  const by = { ...caller.actor };
  const result = await commitAsGuest(deps, id, {
    session: { queuePaused: paused },
    events: [
      paused ? { type: 'queue.paused', data: { by } } : { type: 'queue.resumed', data: { by } },
    ],
  });
  if (!result.ok) throw refusal(result);
}

/** The waiting prompts in their order. */
export function queueEvent(waiting: readonly Omit<Prompt, 'rank'>[]): NewEvent {
  return {
    type: 'queue.updated',
    data: {
      items: waiting.map((prompt, index) => ({
        promptId: prompt.id,
        text: prompt.text.slice(0, LIST_TEXT_LIMIT),
        position: index + 1,
      })),
    },
  };
}
