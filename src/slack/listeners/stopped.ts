/** `agent_session_stopped`: somebody pressed Slack's own Stop button of the thread's session. */
import type { z } from 'zod';
import type { stoppedSchema } from '../payloads.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { stopTurn } from './stop-turn.ts';

export async function onStopped(
  deps: ListenerDeps,
  { team }: Source,
  { channel, user, thread_ts: thread }: z.infer<typeof stoppedSchema>,
): Promise<void> {
  const place = { team, channel, thread };
  const isOver = await stopTurn(deps, place, user);
  // Slack shows it as stopped already; a turn that goes on has to be shown again.
  await deps.statuses.restore(place, isOver ? 'active' : 'processing');
}
