/**
 * A person edited or deleted what they had asked. Before its turn began the edit takes its place in
 * the queue, and a deleted one leaves it; a turn that has begun keeps the text that it began with,
 * and is offered to run again with the edit.
 */
import type { ParsedMessage } from '../commands/command.ts';
import { isAppError } from '../model/errors.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import {
  info,
  promptIdOf,
  promptIdOfDelivery,
  promptWith,
  type HandlerContext,
  type HandlerResult,
} from './context.ts';
import { EDIT_TAKEN } from './texts.ts';

type Change = NonNullable<HandlerContext['message']['change']>;

export async function handleChange(
  context: HandlerContext,
  change: Change,
  parsed: ParsedMessage,
): HandlerResult {
  const { sessions, caller, message } = context;
  const original = await promptIdOfDelivery(message.thread.surface, change.of);
  const asked = await askedWith(context, original);
  if (asked === undefined) return undefined;
  const { sessionId, ids, isTakenBack } = asked;
  const { waiting } = await sessions.queue(caller, sessionId);
  const stale = waiting.map(({ id }) => id).filter((id) => ids.includes(id));
  if (change.kind === 'deleted') {
    for (const id of stale) await sessions.cancelPrompt(caller, sessionId, id);
    return undefined;
  }
  if (parsed.kind !== 'prompt') return undefined;
  if (change.kind === 'restored') {
    if (isTakenBack) await promptWith(context, sessionId, parsed.text, { editOf: original });
    return undefined;
  }
  if (stale.length === 0) {
    // The session says so itself, on every thread that shows it.
    await sessions.offerEdit(caller, ids.at(-1) ?? original, parsed.text);
    return undefined;
  }
  await promptWith(context, sessionId, parsed.text, { editOf: original });
  const edited = await promptIdOf(context);
  await takePlace(context, { sessionId, edited, stale, waiting: waiting.map(({ id }) => id) });
  return info(EDIT_TAKEN);
}

interface Asked {
  readonly sessionId: SessionId;
  /** Oldest first. */
  readonly ids: readonly PromptId[];
  /** None of them waits, and the newest never began. */
  readonly isTakenBack: boolean;
}

/** The prompts that one text became, as it was and as it was edited. */
async function askedWith(
  { bound, transcript }: HandlerContext,
  original: PromptId,
): Promise<Asked | undefined> {
  for (const sessionId of bound) {
    const { turns } = await transcript(sessionId);
    const own = [...turns.values()].filter(
      ({ promptId, editOf }) => promptId === original || editOf === original,
    );
    const newest = own.at(-1);
    if (newest === undefined) continue;
    const isTakenBack = newest.state === 'cancelled' && newest.startedAt === null;
    return { sessionId, ids: own.map(({ promptId }) => promptId), isTakenBack };
  }
  return undefined;
}

/** The edit waits where the text that it replaces has waited. */
async function takePlace(
  { sessions, caller }: HandlerContext,
  {
    sessionId,
    edited,
    stale,
    waiting,
  }: {
    readonly sessionId: SessionId;
    readonly edited: PromptId;
    readonly stale: readonly PromptId[];
    readonly waiting: readonly PromptId[];
  },
): Promise<void> {
  const others = waiting.filter((id) => id !== edited);
  const replaced = stale.filter((id) => id !== edited);
  const [first] = replaced;
  if (first === undefined) return;
  const order = others.flatMap((id) => (id === first ? [edited, id] : [id]));
  try {
    await sessions.reorderQueue(caller, sessionId, order);
  } catch (error) {
    // The queue moved on meanwhile: the edit runs all the same, only later.
    if (!isAppError(error, 'conflict')) throw error;
  }
  for (const id of replaced) await sessions.cancelPrompt(caller, sessionId, id);
}
