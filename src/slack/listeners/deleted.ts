/** `message_deleted`: what was asked and has not begun is not wanted any more. */
import type { z } from 'zod';
import { isDirect, messageId, refOf } from '../address.ts';
import type { deletedSchema } from '../payloads.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { hasSession, isOwn } from './said.ts';

export async function onDeleted(
  deps: ListenerDeps,
  source: Source,
  { channel, deleted_ts: ts, previous_message: before }: z.infer<typeof deletedSchema>,
): Promise<void> {
  const { team } = source;
  // Without its author there is nobody in whose name something could be cancelled.
  if (before?.user === undefined) return;
  const workspace = await deps.workspaces.of(team);
  if (isOwn(workspace, source, before)) return;
  const place = { team, channel, thread: before.thread_ts ?? ts };
  if (!(await hasSession(deps, place))) return;
  const caller = await deps.people.caller(team, channel, before.user);
  const original = messageId(place, ts);
  await deps.inbound.accept({
    deliveryId: `${original}/deleted`,
    thread: refOf(place),
    threadTitle: '',
    actor: caller.actor,
    roles: caller.roles,
    text: '',
    addressed: isDirect(channel),
    receivedAt: deps.clock.now(),
    change: { of: original, kind: 'deleted' },
  });
}
