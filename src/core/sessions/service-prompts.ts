/** Prompts: accept, steer, retry, wait for, cancel. */
import type { LoggedEvent } from '../events/hub.ts';
import type { Caller } from '../model/actor.ts';
import { textOf } from '../model/content.ts';
import { AppError } from '../model/errors.ts';
import type { NewEvent } from '../model/events.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import { mintId } from '../model/ids.ts';
import type { Prompt } from '../model/session.ts';
import { QUEUE_LIMIT } from '../model/session.ts';
import type { PromptPatch } from '../ports/session-store.ts';
import { createFolder } from '../transcript/fold.ts';
import { turnText } from '../transcript/text.ts';
import { commitAsGuest, refusal } from './service-deps.ts';
import type { ServiceDeps } from './service-deps.ts';
import { queueEvent } from './service-queue.ts';
import { openSession } from './service-sessions.ts';
import type { AcceptedPrompt, SessionService, TurnResult } from './service.ts';

type Methods = Pick<
  SessionService,
  'prompt' | 'turnResult' | 'retry' | 'cancelTurn' | 'cancelPrompt'
>;

export type NewPrompt = Parameters<SessionService['prompt']>[2];

/** Characters of a prompt's text that its event carries; the row has all of it. */
const EVENT_TEXT_LIMIT = 16_384;
const FINISHED = new Set(['done', 'failed', 'interrupted', 'cancelled']);

export function promptMethods(deps: ServiceDeps): Methods {
  const { store, guard } = deps;

  return {
    async prompt(caller, id, input) {
      await guard.check('prompt', caller, { sessionId: id });
      return accept(deps, caller, id, input);
    },
    async turnResult(caller, promptId, signal) {
      const prompt = await store.prompt(promptId);
      if (!prompt) throw new AppError('not_found', `There is no prompt ${promptId}.`);
      await guard.check('session.read', caller, { sessionId: prompt.sessionId, promptId });
      return waitForTurn(deps, prompt, signal);
    },
    async retry(caller, id, promptId, as) {
      await guard.check('prompt.retry', caller, { sessionId: id });
      const ended = await store.prompts(id, ['done', 'failed', 'interrupted', 'cancelled']);
      const last = promptId ? await promptOf(deps, id, promptId) : ended.at(-1);
      if (!last || !FINISHED.has(last.state)) {
        throw new AppError('conflict', 'There is no finished turn to run again.');
      }
      // Asked for again, it repeats what it repeated, not what has ended since.
      const earlier = as === undefined ? undefined : await store.prompt(as);
      const { content, readOnly } = earlier ?? last;
      return accept(deps, caller, id, { content, readOnly, promptId: as });
    },
    async cancelTurn(caller, id) {
      await guard.check('cancel', caller, { sessionId: id });
      await openSession(deps, id);
      const [running] = await store.prompts(id, ['running']);
      if (!running) return false;
      await cancelOne(deps, caller, id, running.id);
      return true;
    },
    async cancelPrompt(caller, id, promptId) {
      await guard.check('queue.cancel', caller, { sessionId: id, promptId });
      await cancelOne(deps, caller, id, promptId);
    },
  };
}

export async function accept(
  deps: ServiceDeps,
  caller: Caller,
  id: SessionId,
  input: NewPrompt,
): Promise<AcceptedPrompt> {
  const session = await openSession(deps, id);
  const now = deps.clock.now();
  const prompt = newPrompt(caller, id, input, now);
  const { prompts, events } = input.steer ? await steering(deps, prompt) : NOTHING_ELSE;
  const result = await commitAsGuest(deps, id, {
    sessionIn: ['new', 'starting', 'idle', 'running', 'failed'],
    insertPrompt: { ...prompt, front: input.steer === true },
    ...(input.tainted === true ? { session: { tainted: true } } : {}),
    queueLimit: QUEUE_LIMIT,
    prompts,
    events: [queuedEvent(prompt, input.editOf), ...events],
  });
  if (result.ok) {
    const runs = session.state !== 'running' && result.queued === 1 && !session.queuePaused;
    return {
      promptId: prompt.id,
      state: runs ? 'running' : 'queued',
      position: runs ? 0 : input.steer ? 1 : result.queued,
      created: true,
    };
  }
  if (result.reason === 'stale' && result.what === 'prompt') return accept(deps, caller, id, input);
  if (result.reason !== 'duplicate') throw refusal(result);
  return acceptedBefore(deps, prompt);
}

async function acceptedBefore(
  deps: ServiceDeps,
  { id, sessionId, text }: Omit<Prompt, 'rank'>,
): Promise<AcceptedPrompt> {
  const before = await deps.store.prompt(id);
  // Another text was not stored, so nobody must be told that it was.
  if (before?.sessionId !== sessionId || before.text !== text) {
    throw new AppError('conflict', 'This prompt id belongs to something else.');
  }
  const waiting = await deps.store.prompts(sessionId, ['queued']);
  const position = waiting.findIndex((prompt) => prompt.id === id) + 1;
  return { promptId: id, state: position > 0 ? 'queued' : 'running', position, created: false };
}

const NOTHING_ELSE = { prompts: [], events: [] } as const;

/** What steering adds to a new prompt: the running turn stops, and the new one is first in line. */
async function steering(
  deps: ServiceDeps,
  prompt: Omit<Prompt, 'rank'>,
): Promise<{ prompts: readonly PromptPatch[]; events: readonly NewEvent[] }> {
  const open = await deps.store.prompts(prompt.sessionId, ['running', 'queued']);
  const running = open.filter(({ state }) => state === 'running');
  const waiting = open.filter(({ state }) => state === 'queued');
  return {
    prompts: running.map(({ id }) => ({ id, from: ['running'], cancelRequested: true })),
    events: waiting.length > 0 ? [queueEvent([prompt, ...waiting])] : [],
  };
}

async function cancelOne(
  deps: ServiceDeps,
  caller: Caller,
  id: SessionId,
  promptId: PromptId,
): Promise<void> {
  const prompt = await promptOf(deps, id, promptId);
  if (prompt.state === 'running') {
    await commitAsGuest(deps, id, {
      prompts: [{ id: promptId, from: ['running'], cancelRequested: true }],
      events: [],
    });
    return;
  }
  const result = await commitAsGuest(deps, id, {
    prompts: [{ id: promptId, from: ['queued'], state: 'cancelled', endedAt: deps.clock.now() }],
    events: [{ type: 'prompt.cancelled', data: { promptId, by: { ...caller.actor } } }],
  });
  if (!result.ok && result.actual === 'running') return cancelOne(deps, caller, id, promptId);
  if (!result.ok) throw refusal(result);
}

async function promptOf(deps: ServiceDeps, id: SessionId, promptId: PromptId): Promise<Prompt> {
  const prompt = await deps.store.prompt(promptId);
  if (prompt?.sessionId === id) return prompt;
  throw new AppError('not_found', `There is no prompt ${promptId} in this session.`);
}

function newPrompt(
  caller: Caller,
  sessionId: SessionId,
  input: NewPrompt,
  now: number,
): Omit<Prompt, 'rank'> {
  return {
    id: input.promptId ?? mintId('p', now),
    sessionId,
    state: 'queued',
    content: input.content,
    text: textOf(input.content),
    actor: caller.actor,
    cancelRequested: false,
    readOnly: input.readOnly === true,
    stopReason: null,
    error: null,
    queuedAt: now,
    startedAt: null,
    endedAt: null,
  };
}

function queuedEvent(prompt: Omit<Prompt, 'rank'>, editOf: PromptId | undefined): NewEvent {
  const cut = prompt.text.length > EVENT_TEXT_LIMIT;
  const text = cut ? `${prompt.text.slice(0, EVENT_TEXT_LIMIT)}…` : prompt.text;
  return {
    type: 'prompt.queued',
    data: {
      promptId: prompt.id,
      text,
      actor: { ...prompt.actor },
      ...(prompt.readOnly ? { readOnly: true } : {}),
      ...(editOf === undefined ? {} : { editOf }),
    },
  };
}

/**
 * Follows the log from its start until the prompt's turn has ended. From the start, because only
 * the log knows where a prompt stands in it; whoever waits for a running turn reads it once.
 */
function waitForTurn(deps: ServiceDeps, prompt: Prompt, signal: AbortSignal): Promise<TurnResult> {
  const folder = createFolder();
  return new Promise((resolve, reject) => {
    const finish = (run: () => void): void => {
      subscription.close();
      signal.removeEventListener('abort', aborted);
      run();
    };
    const aborted = (): void =>
      finish(() => reject(new AppError('unavailable', 'Nobody waits for this turn any more.')));
    const read = (events: readonly LoggedEvent[]): void => {
      for (const logged of events) {
        const event = logged.event;
        folder.push(event);
        const ended =
          (event.type === 'turn.ended' || event.type === 'prompt.cancelled') &&
          event.data.promptId === prompt.id;
        if (!ended) continue;
        const turn = folder.view().turns.get(prompt.id);
        const stopReason = event.type === 'turn.ended' ? event.data.stopReason : 'cancelled';
        const error = event.type === 'turn.ended' ? event.data.error : undefined;
        finish(() =>
          resolve({
            promptId: prompt.id,
            stopReason,
            text: turn ? turnText(turn) : '',
            ...(error === undefined ? {} : { error }),
          }),
        );
        return;
      }
    };
    // A sink that throws is only dropped: whoever waits must hear of it.
    const readOrFail = (events: readonly LoggedEvent[]): void => {
      try {
        read(events);
      } catch (error) {
        const message =
          'The log of this session cannot be read; whoever runs this server can see why.';
        finish(() => reject(new AppError('unavailable', message, { cause: error })));
      }
    };
    const subscription = deps.hub.subscribe(prompt.sessionId, 0, readOrFail);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
  });
}
