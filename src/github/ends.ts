/** Closed or merged: the thread's sessions end. Reopened: the newest one takes prompts again. */
import type { Caller } from '../core/model/actor.ts';
import { isAppError } from '../core/model/errors.ts';
import { threadRef, type Place } from './address.ts';
import type { Edge } from './deps.ts';
import { actorOf, callerOf, isHeard } from './person.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

export async function threadClosed(edge: Edge, place: Place, by: GitHubUser): Promise<void> {
  // Whoever may close the thread ends its work by it.
  const caller: Caller = { actor: actorOf(by), roles: ['run'] };
  for (const { sessionId } of await bindings(edge, place)) {
    try {
      await edge.sessions.close(caller, sessionId);
    } catch (error) {
      if (!isAppError(error, 'conflict') && !isAppError(error, 'not_found')) throw error;
    }
  }
}

export async function threadReopened(edge: Edge, place: Place, by: GitHubUser): Promise<void> {
  const [newest] = (await bindings(edge, place)).toSorted((a, b) => b.boundAt - a.boundAt);
  if (newest === undefined || !isHeard(edge, by)) return;
  try {
    const caller = await callerOf(edge, place, by);
    await edge.sessions.reopen(caller, newest.sessionId);
  } catch (error) {
    // A mention resumes it all the same, with the roles of whoever mentions.
    if (!isAppError(error) || isAppError(error, 'unavailable')) throw error;
  }
}

async function bindings({ threads }: Edge, place: Place) {
  const thread = await threads.find(threadRef(place));
  return thread === undefined ? [] : threads.bindingsOfThread(thread.id);
}
