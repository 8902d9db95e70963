/**
 * What a person asked with was edited or deleted. The text of a trigger is frozen when it arrives:
 * before its turn starts the new text takes its place, afterwards it does not count any more.
 */
import { findMentions } from '../core/commands/mention.ts';
import { visibleText } from '../core/commands/visible.ts';
import { promptIdOfDelivery } from '../core/inbound/context.ts';
import type { Caller } from '../core/model/actor.ts';
import type { PromptId, SessionId } from '../core/model/ids.ts';
import { plainName } from '../core/transcript/plain.ts';
import { SURFACE, threadRef, type Place } from './address.ts';
import type { Edge } from './deps.ts';
import { hear } from './hear.ts';
import type { Heard } from './heard.ts';
import { tell } from './notice.ts';
import { actorOf, isHeard } from './person.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

export async function triggerEdited(
  edge: Edge,
  heard: Heard,
  editor: GitHubUser,
  { wasAddressed, editedAt }: { readonly wasAddressed: boolean; readonly editedAt: string },
): Promise<void> {
  if (!isHeard(edge, editor)) return;
  const isAddressed = findMentions(visibleText(heard.text), edge.identity.names).length > 0;
  if (!wasAddressed) {
    // A mention that was forgotten at first. Somebody else's edit asks for nothing in their name.
    if (isAddressed && editor.id === heard.by.id) await hear(edge, heard);
    return;
  }
  const caller = mayTakeBack(editor);
  const found = await promptOf(edge, heard.place, heard.deliveryId, caller);
  if (found === undefined) return;
  const say = (key: string, markdown: string): Promise<void> =>
    tell(edge, {
      thread: threadRef(heard.place),
      title: heard.title,
      key: `edited:${key}:${heard.deliveryId}`,
      tone: 'info',
      markdown,
    });
  const [name = ''] = edge.identity.names;
  if (!found.isQueued) {
    await say(
      'late',
      `**${plainName(editor.login)}** edited a request that I had started already: I work with the text as it was. To run it again with the edit, mention \`@${name}\` once more.`,
    );
    return;
  }
  await edge.sessions.cancelPrompt(caller, found.sessionId, found.promptId);
  if (!isAddressed) return;
  await hear(edge, { ...heard, by: editor, deliveryId: `${heard.deliveryId}@${editedAt}` });
  await say(
    `used@${editedAt}`,
    'The request was edited before its turn began: I use the new text.',
  );
}

export async function triggerDeleted(
  edge: Edge,
  place: Place,
  deliveryId: string,
  by: GitHubUser,
): Promise<void> {
  const { threads } = edge;
  if (!isHeard(edge, by) || (await threads.find(threadRef(place))) === undefined) return;
  const caller = mayTakeBack(by);
  const found = await promptOf(edge, place, deliveryId, caller);
  if (found?.isQueued !== true) return;
  await edge.sessions.cancelPrompt(caller, found.sessionId, found.promptId);
}

/** Whoever may change or delete a text may take back what it asked for. */
const mayTakeBack = (user: GitHubUser): Caller => ({ actor: actorOf(user), roles: ['run'] });

interface FoundPrompt {
  readonly sessionId: SessionId;
  readonly promptId: PromptId;
  readonly isQueued: boolean;
}

/** The prompt that a text became, in one of the thread's sessions. */
async function promptOf(
  { threads, sessions, triggers }: Edge,
  place: Place,
  deliveryId: string,
  caller: Caller,
): Promise<FoundPrompt | undefined> {
  const thread = await threads.find(threadRef(place));
  if (thread === undefined) return undefined;
  const promptId = await promptIdOfDelivery(SURFACE, deliveryId);
  for (const { sessionId } of await threads.bindingsOfThread(thread.id)) {
    const { waiting, running } = await sessions.queue(caller, sessionId);
    if (waiting.some(({ id }) => id === promptId)) return { sessionId, promptId, isQueued: true };
    // Turns that ended before this process began are not remembered: nothing is said of those.
    if (running?.id === promptId || triggers.isKnown(promptId)) {
      return { sessionId, promptId, isQueued: false };
    }
  }
  return undefined;
}
