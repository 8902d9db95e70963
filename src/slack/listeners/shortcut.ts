/**
 * The message shortcut "Ask Threadcast": a dialog about a message, and what was written in it. The
 * dialog comes first, because its trigger lives for three seconds only.
 */
import type { z } from 'zod';
import { messageId, refOf, type Place } from '../address.ts';
import { parseTarget, writeTarget } from './shortcut-target.ts';
import type { shortcutSchema, submissionSchema } from '../payloads.ts';
import { titleOf, toText } from '../prompts/text.ts';
import { around } from '../prompts/context.ts';
import { quoted } from '../prompts/quotes.ts';
import { askView, QUESTION } from '../renderers/ask-view.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { whisper } from './whisper.ts';

export const SHORTCUT = 'ask_threadcast';

const TOO_LATE = 'The dialog could not be opened in time. Please choose “Ask Threadcast” again.';

export async function onShortcut(
  deps: ListenerDeps,
  { team }: Source,
  { channel, message, trigger_id, user }: z.infer<typeof shortcutSchema>,
): Promise<void> {
  const target = {
    channel: channel.id,
    ts: message.ts,
    thread: message.thread_ts ?? message.ts,
    author: message.user ?? '',
    text: (message.text ?? '').slice(0, 1_500),
    files: message.files.slice(0, 5).map(({ name, mimetype, size }) => ({ name, mimetype, size })),
  };
  const view = askView(SHORTCUT, writeTarget(target));
  const opened = await deps.workspaces.call(team, 'views.open', { trigger_id, view });
  if (opened.ok) return;
  // Too late for the dialog: without a word nobody would know why nothing opened.
  deps.logger.warn({ failure: opened.failure }, 'a dialog could not be opened');
  await whisper(deps, { team, channel: target.channel, thread: target.thread }, user.id, TOO_LATE);
}

export async function onAsked(
  deps: ListenerDeps,
  { team }: Source,
  { user, view }: z.infer<typeof submissionSchema>,
): Promise<void> {
  const target = parseTarget(view.private_metadata);
  const values = Object.values(view.state.values).flatMap((block) => Object.entries(block));
  const question = values.find(([id]) => id === QUESTION)?.[1].value?.trim() ?? '';
  if (target === undefined || question === '') return;
  const receivedAt = deps.clock.now();
  const { channel, thread, ts, author } = target;
  const place = { team, channel, thread };
  const caller = await deps.people.caller(team, channel, user.id);
  const workspace = await deps.workspaces.of(team);
  const { text, files } = target;
  const about = quoted(
    [{ ts, user: author === '' ? undefined : author, text, files }],
    workspace.botUserId,
    'The message that the person asks about',
  );
  // What was said before it, when it is an answer to something.
  const after = thread === ts ? undefined : '';
  const asking = { place, ts, after, isBound: false, cause: view.id, text: question, files: [] };
  const { context, tainted } = await around(deps, workspace, asking);
  await deps.inbound.accept({
    deliveryId: `${messageId(place, ts)}/${view.id}`,
    thread: refOf(place),
    threadTitle: titleOf(question),
    actor: caller.actor,
    roles: caller.roles,
    text: toText(question, workspace.botUserId),
    addressed: true,
    receivedAt,
    context: [...context, ...about],
    ...((await wrote(deps, place, author)) && !tainted ? {} : { tainted: true }),
  });
  await deps.statuses.acknowledge(place, receivedAt);
}

/** Whether the author of the message may start work here, too. */
async function wrote({ people }: ListenerDeps, place: Place, author: string): Promise<boolean> {
  if (author === '') return false;
  const { roles } = await people.caller(place.team, place.channel, author);
  return roles.some((role) => role !== 'read');
}
