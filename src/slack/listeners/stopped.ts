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
  await stopTurn(deps, place, user);
  await deps.statuses.show(place, 'active');
}
