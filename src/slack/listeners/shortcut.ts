/**
 * The message shortcut "Ask Threadcast": a dialog about a message, and what was written in it. The
 * dialog comes first, because its trigger lives for three seconds only.
 */
import type { z } from 'zod';
import { messageId, refOf } from '../address.ts';
import { parseTarget, writeTarget } from './shortcut-target.ts';
import type { shortcutSchema, submissionSchema } from '../payloads.ts';
import { titleOf, toText } from '../prompts/text.ts';
import { quoted, threadContext } from '../prompts/thread-context.ts';
import { askView, QUESTION } from '../renderers/ask-view.ts';
import type { ListenerDeps, Source } from './deps.ts';

export const SHORTCUT = 'ask_threadcast';

export async function onShortcut(
  deps: ListenerDeps,
  { team }: Source,
  { channel, message, trigger_id }: z.infer<typeof shortcutSchema>,
): Promise<void> {
  const target = {
    channel: channel.id,
    ts: message.ts,
    thread: message.thread_ts ?? message.ts,
    author: message.user ?? '',
    text: (message.text ?? '').slice(0, 1_500),
  };
  const view = askView(SHORTCUT, writeTarget(target));
  const opened = await deps.workspaces.call(team, 'views.open', { trigger_id, view });
  // Too late for the dialog: the person sees that nothing opened, and asks again.
  if (!opened.ok) deps.logger.warn({ failure: opened.failure }, 'a dialog could not be opened');
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
  const about = quoted([{ who: author, text: toText(target.text, workspace.botUserId) }]);
  if (thread !== ts) deps.pace.takeTurn(team, view.id, 1);
  const earlier = thread === ts ? [] : await threadContext(workspace, place, ts);
  await deps.inbound.accept({
    deliveryId: `${messageId(place, ts)}/${view.id}`,
    thread: refOf(place),
    threadTitle: titleOf(question),
    actor: caller.actor,
    roles: caller.roles,
    text: toText(question, workspace.botUserId),
    addressed: true,
    receivedAt,
    context: [...earlier, ...about],
  });
  await deps.statuses.acknowledge(place, receivedAt);
}
