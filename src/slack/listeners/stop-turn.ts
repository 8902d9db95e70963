/** Stops what runs on a thread, as whoever asked for it without words. */
import { isAppError } from '../../core/model/errors.ts';
import { refOf, type Place } from '../address.ts';
import type { ListenerDeps } from './deps.ts';
import { refuse } from './refuse.ts';

/**
 * Nothing runs there: nothing happens. A refusal is told to that person alone, and then the turn
 * goes on: false.
 */
export async function stopTurn(deps: ListenerDeps, place: Place, user: string): Promise<boolean> {
  const thread = await deps.threads.find(refOf(place));
  const bindings = thread === undefined ? [] : await deps.threads.bindingsOfThread(thread.id);
  const [active] = bindings.toSorted((a, b) => b.boundAt - a.boundAt);
  if (active === undefined) return true;
  const caller = await deps.people.caller(place.team, place.channel, user);
  try {
    await deps.sessions.cancelTurn(caller, active.sessionId);
  } catch (error) {
    if (!isAppError(error) || error.code === 'unavailable') throw error;
    if (error.code !== 'forbidden') return true;
    await refuse(deps, place, user, error.message);
    return false;
  }
  return true;
}
