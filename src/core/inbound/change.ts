/**
 * A person edited or deleted what they had asked. Before its turn began the edit takes its place in
 * the queue, and a deleted one leaves it; a turn that has begun keeps the text that it began with,
 * and is offered to run again with the edit.
 */
import type { ParsedMessage } from '../commands/command.ts';
import { isAppError } from '../model/errors.ts';
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
  const { sessionId, sessions, caller, message } = context;
  if (sessionId === undefined) return undefined;
  const original = await promptIdOfDelivery(message.thread.surface, change.of);
  const { waiting } = await sessions.queue(caller, sessionId);
  const isWaiting = waiting.some(({ id }) => id === original);
  if (change.kind === 'deleted') {
    if (isWaiting) await sessions.cancelPrompt(caller, sessionId, original);
    return undefined;
  }
  if (parsed.kind !== 'prompt') return undefined;
  if (!isWaiting) {
    // The session says so itself, on every thread that shows it.
    await sessions.offerEdit(caller, original, parsed.text);
    return undefined;
  }
  await promptWith(context, sessionId, parsed.text);
  const edited = await promptIdOf(context);
  const others = waiting.map(({ id }) => id).filter((id) => id !== edited);
  const order = others.flatMap((id) => (id === original ? [edited, id] : [id]));
  try {
    await sessions.reorderQueue(caller, sessionId, order);
  } catch (error) {
    // The queue moved on meanwhile: the edit runs all the same, only later.
    if (!isAppError(error, 'conflict')) throw error;
  }
  await sessions.cancelPrompt(caller, sessionId, original);
  return info(EDIT_TAKEN);
}
