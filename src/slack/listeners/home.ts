/** `app_home_opened`: somebody looks at their Home tab. */
import type { z } from 'zod';
import type { homeSchema } from '../payloads.ts';
import type { ListenerDeps, Source } from './deps.ts';

export async function onHomeOpened(
  { homes }: ListenerDeps,
  { team }: Source,
  { user, tab }: z.infer<typeof homeSchema>,
): Promise<void> {
  if (tab === undefined || tab === 'home') await homes.publish(team, user);
}
