/**
 * `/threadcast …`: starts work in a channel. Slash commands do not work inside threads and leave no
 * message behind, so we post one that says what was asked, and the thread hangs on that.
 */
import type { z } from 'zod';
import { messageId, refOf } from '../address.ts';
import { sendFailureOf } from '../client/failures.ts';
import { findByCommand, COMMAND_TYPE } from '../client/find-command.ts';
import { AppError } from '../../core/model/errors.ts';
import type { commandSchema } from '../payloads.ts';
import { titleOf, toText } from '../prompts/text.ts';
import { escape } from '../renderers/mrkdwn.ts';
import { cut, SECTION_LIMIT } from '../renderers/body.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { whisper } from './whisper.ts';

type Commanded = z.infer<typeof commandSchema>;

const EMPTY =
  'Write what you want done after the command, for example: `/threadcast why does the build fail?` In a thread, mention me instead.';

export async function onCommanded(
  deps: ListenerDeps,
  { team }: Source,
  command: Commanded,
): Promise<void> {
  const { channel_id: channel, user_id: user, trigger_id: cause } = command;
  const receivedAt = deps.clock.now();
  const nowhere = { team, channel, thread: '' };
  const caller = await deps.people.caller(team, channel, user);
  if (command.text.trim() === '') return whisper(deps, nowhere, user, EMPTY);
  const workspace = await deps.workspaces.of(team);
  const text = toText(command.text, workspace.botUserId);
  // Repeated after a crash, the message may be there already.
  const before = await findByCommand(deps.workspaces, nowhere, cause);
  const opened = before ?? (await open(deps, nowhere, caller.actor.name, text, cause));
  if (typeof opened !== 'string') return whisper(deps, nowhere, user, opened.problem);
  const place = { ...nowhere, thread: opened };
  const deliveryId = messageId(place, opened);
  await deps.triggers.remember(deliveryId, opened);
  await deps.inbound.accept({
    deliveryId,
    thread: refOf(place),
    threadTitle: titleOf(text),
    actor: caller.actor,
    roles: caller.roles,
    text,
    addressed: true,
    receivedAt,
  });
  await deps.statuses.acknowledge(place, receivedAt);
}

/** The message that the thread hangs on. Rejects with AppError `unavailable` to try again. */
async function open(
  deps: ListenerDeps,
  { team, channel }: { readonly team: string; readonly channel: string },
  name: string,
  text: string,
  cause: string,
): Promise<string | { readonly problem: string }> {
  const said = cut(`*${escape(name)}*: ${escape(text)}`, SECTION_LIMIT);
  const posted = await deps.workspaces.call(team, 'chat.postMessage', {
    channel,
    text: said,
    unfurl_links: false,
    unfurl_media: false,
    metadata: { event_type: COMMAND_TYPE, event_payload: { cause } },
  });
  if (posted.ok) return String(posted.data['ts']);
  const failure = sendFailureOf(posted.failure);
  if (failure.kind === 'refused' || failure.kind === 'gone') return { problem: failure.message };
  throw new AppError('unavailable', 'Slack did not take a message; it is tried again.');
}
