/** `message_changed`: a person edited what they asked. Our own edits come back to us too. */
import { isDirect, messageId, refOf } from '../address.ts';
import type { Changed } from '../payloads.ts';
import { toText } from '../prompts/text.ts';
import { editId } from '../triggers.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { hasSession, isOwn } from './said.ts';

export async function onChanged(
  deps: ListenerDeps,
  source: Source,
  { channel, message, previous_message: before }: Changed,
): Promise<void> {
  // Slack also says "changed" when it unfurls a link.
  if (message.user === undefined || message.text === before?.text) return;
  const { team } = source;
  const workspace = await deps.workspaces.of(team);
  if (isOwn(workspace, source, message) || message.bot_id !== undefined) return;
  const place = { team, channel, thread: message.thread_ts ?? message.ts };
  if (!(await hasSession(deps, place))) return;
  const caller = await deps.people.caller(team, channel, message.user);
  const original = messageId(place, message.ts);
  const text = toText(message.text ?? '', workspace.botUserId);
  const deliveryId = editId(original, message.edited?.ts ?? String(deps.clock.now()));
  await deps.triggers.remember(deliveryId, message.ts);
  await deps.inbound.accept({
    deliveryId,
    thread: refOf(place),
    threadTitle: '',
    actor: caller.actor,
    roles: caller.roles,
    text,
    addressed: isDirect(channel),
    receivedAt: deps.clock.now(),
    change: { of: original, kind: 'edited' },
  });
}
