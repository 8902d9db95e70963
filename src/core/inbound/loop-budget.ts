/**
 * Bots that answer each other never stop: what a bot asks for runs until bots have caused as many
 * turns in the thread within an hour as the budget has. Counted from the rows, so no restart and no
 * second server forgets any. People are never held up by it.
 */
import type { ParsedMessage } from '../commands/command.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { HandlerContext } from './context.ts';

const HOUR_MS = 3_600_000;
const CAUSES_TURN: ReadonlySet<string> = new Set(['new', 'steer', 'retry', 'continue']);
const ANY_STATE = ['queued', 'running', 'done', 'failed', 'interrupted', 'cancelled'] as const;

/** Whether the message asks for a turn that the budget has no room for. */
export async function isOverLoopBudget(
  store: Pick<SessionStore, 'prompts'>,
  { message, bound, clock, config }: HandlerContext,
  parsed: ParsedMessage,
): Promise<boolean> {
  const asks =
    parsed.kind === 'prompt' || (parsed.kind === 'command' && CAUSES_TURN.has(parsed.command.verb));
  if (message.actor.kind !== 'bot' || !asks) return false;
  const since = clock.now() - HOUR_MS;
  let caused = 0;
  for (const sessionId of bound) {
    const prompts = await store.prompts(sessionId, ANY_STATE);
    caused += prompts.filter((p) => p.actor.kind === 'bot' && p.queuedAt > since).length;
  }
  return caused >= config.botTurnsPerHour;
}
