/**
 * Closed or merged: the sessions of the conversation and of its review threads end. Reopened: the
 * newest of each takes prompts again, and the thread is told so.
 */
import type { Caller } from '../core/model/actor.ts';
import { isAppError } from '../core/model/errors.ts';
import type { SessionId } from '../core/model/ids.ts';
import type { Thread } from '../core/model/thread.ts';
import { SURFACE, threadRef, type Place } from './address.ts';
import type { Edge } from './deps.ts';
import { tell } from './notice.ts';
import { actorOf, callerOf, isHeard } from './person.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

export async function threadClosed(edge: Edge, place: Place, by: GitHubUser): Promise<void> {
  // Whoever may close the thread ends its work by it.
  await closeAll(edge, await threadsOf(edge, place), by);
}

/** The App was taken from a repository: nobody there can see or stop what runs for it. */
export async function repositoryLost(
  edge: Edge,
  installationId: number,
  repositoryId: number,
  by: GitHubUser,
): Promise<void> {
  const all = { surface: SURFACE, account: String(installationId), key: String(repositoryId) };
  await closeAll(edge, await edge.threads.below(all), by);
}

async function closeAll(edge: Edge, threads: readonly Thread[], by: GitHubUser): Promise<void> {
  const caller: Caller = { actor: actorOf(by), roles: ['run'] };
  for (const thread of threads) {
    for (const { sessionId } of await edge.threads.bindingsOfThread(thread.id)) {
      await close(edge, caller, sessionId);
    }
  }
}

async function close({ sessions }: Edge, caller: Caller, sessionId: SessionId): Promise<void> {
  try {
    await sessions.close(caller, sessionId);
  } catch (error) {
    if (!isAppError(error, 'conflict') && !isAppError(error, 'not_found')) throw error;
  }
}

export async function threadReopened(edge: Edge, place: Place, by: GitHubUser): Promise<void> {
  const { threads } = edge;
  if (!isHeard(edge, by)) return;
  for (const thread of await threadsOf(edge, place)) {
    const bindings = await threads.bindingsOfThread(thread.id);
    const [newest] = bindings.toSorted((a, b) => b.boundAt - a.boundAt);
    if (newest !== undefined) await reopen(edge, place, by, thread, newest.sessionId);
  }
}

async function reopen(
  edge: Edge,
  place: Place,
  by: GitHubUser,
  { ref, title }: Thread,
  sessionId: SessionId,
): Promise<void> {
  const caller = await callerOf(edge, place, by);
  try {
    const { lastSeq } = await edge.sessions.reopen(caller, sessionId);
    await tell(edge, {
      thread: ref,
      title,
      key: `reopened:${sessionId}:${lastSeq}`,
      tone: 'info',
      markdown: `The session is open again. Mention \`@${edge.identity.slug}\` to go on with it.`,
    });
  } catch (error) {
    // A mention resumes it all the same, with the roles of whoever mentions.
    if (!isAppError(error) || isAppError(error, 'unavailable')) throw error;
  }
}

/** The conversation, and the review threads of a pull request. */
async function threadsOf({ threads }: Edge, place: Place): Promise<readonly Thread[]> {
  const ref = threadRef(place);
  const conversation = await threads.find(ref);
  return [...(conversation === undefined ? [] : [conversation]), ...(await threads.below(ref))];
}
