/**
 * What a person asked with was edited or deleted: core decides what that means for its turn. A
 * mention that was forgotten at first, and is there now, is heard as if it had been written so; one
 * that was taken out takes back what it asked for.
 */
import { holds } from '../core/access/authorize.ts';
import { findMentions } from '../core/commands/mention.ts';
import { visibleText } from '../core/commands/visible.ts';
import { threadRef, type Place } from './address.ts';
import type { Edge } from './deps.ts';
import { hear } from './hear.ts';
import type { Heard } from './heard.ts';
import { outsiderChanged } from './outsiders.ts';
import { callerOf, isHeard } from './person.ts';
import { askedText } from './prompts/quoted.ts';
import { editedId } from './triggers.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

/** `heard`: as it reads now, by the one who wrote it. */
export async function triggerEdited(
  edge: Edge,
  heard: Heard,
  editor: GitHubUser,
  { from, editedAt }: { readonly from: string; readonly editedAt: string },
): Promise<void> {
  const isFor = (text: string): boolean => mentionsUs(edge, text);
  // Somebody else's edit asks for nothing in the name of the one who wrote.
  if (!isHeard(edge, editor) || editor.id !== heard.by.id) return;
  const { place, title, deliveryId: of, text, subject } = heard;
  const id = editedId(of, editedAt, text);
  if (!isFor(from)) {
    if (!isFor(text)) return;
    await hear(edge, heard);
    // Known to core when it had been taken out and is there again.
    if (!holds(await callerOf(edge, place, editor), 'run')) return;
    await change(edge, { place, title, by: editor, of, kind: 'restored', text, id });
    return;
  }
  if (!holds(await callerOf(edge, place, editor), 'run')) {
    // What a maintainer let run stays as it was seen; what still waits is shown anew.
    const card = await outsiderChanged(edge, heard, of, isFor(text) ? heard : undefined);
    if (card === 'none' && !isFor(text)) await takeBack(edge, place, of, editor, id);
    return;
  }
  if (!isFor(text)) {
    await takeBack(edge, place, of, editor, id);
    return;
  }
  if (subject !== null) await edge.triggers.remember(id, subject);
  await change(edge, { place, title, by: editor, of, kind: 'edited', text, id });
}

/**
 * By whomever: a bot that moderates takes back what was asked, too. `text`: what was deleted; most of
 * it was between people, and costs no call.
 */
export async function triggerDeleted(
  edge: Edge,
  place: Place,
  { of, text }: { readonly of: string; readonly text: string },
  by: GitHubUser,
): Promise<void> {
  if (mentionsUs(edge, text)) await outsiderChanged(edge, { place, title: '' }, of, undefined);
  await takeBack(edge, place, of, by, `${of}@deleted`);
}

const mentionsUs = ({ identity }: Edge, text: string): boolean =>
  findMentions(visibleText(text), identity.names).length > 0;

function takeBack(edge: Edge, place: Place, of: string, by: GitHubUser, id: string): Promise<void> {
  return change(edge, { place, title: '', by, of, kind: 'deleted', text: '', id });
}

interface Change {
  readonly place: Place;
  readonly title: string;
  readonly by: GitHubUser;
  readonly of: string;
  readonly kind: 'edited' | 'restored' | 'deleted';
  readonly text: string;
  readonly id: string;
}

/** In a thread that is not known to us nothing can have been asked. */
async function change(edge: Edge, { place, title, by, of, kind, text, id }: Change): Promise<void> {
  const { threads, inbound, clock } = edge;
  const thread = threadRef(place);
  if ((await threads.find(thread)) === undefined) return;
  const { actor, roles } = await callerOf(edge, place, by);
  await inbound.accept({
    deliveryId: id,
    thread,
    threadTitle: title,
    actor,
    // Who may delete the text may take back what it asked for.
    roles: kind === 'deleted' ? ['run'] : roles,
    text: askedText(text),
    addressed: false,
    receivedAt: clock.now(),
    change: { of, kind },
  });
}
