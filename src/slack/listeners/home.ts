/** `app_home_opened`: the Home tab, with the person's sessions and what waits for an answer. */
import type { z } from 'zod';
import { isAppError } from '../../core/model/errors.ts';
import type { homeSchema } from '../payloads.ts';
import { homeView } from '../renderers/home.ts';
import type { ListenerDeps, Source } from './deps.ts';

/** Sessions that are looked at for those of one person. */
const LOOKED_AT = 100;

export async function onHomeOpened(
  deps: ListenerDeps,
  { team }: Source,
  { user, tab }: z.infer<typeof homeSchema>,
): Promise<void> {
  if (tab !== undefined && tab !== 'home') return;
  // A conversation with us alone is open to everybody who may use the workspace.
  const caller = await deps.people.caller(team, 'D', user);
  try {
    const { data } = await deps.sessions.sessions(caller, {}, null, LOOKED_AT);
    const mine = data.filter(
      ({ createdBy }) =>
        createdBy.surface === caller.actor.surface && createdBy.id === caller.actor.id,
    );
    const ids = new Set(mine.map(({ id }) => id));
    const pending = (await deps.sessions.permissions(caller)).filter((r) => ids.has(r.sessionId));
    const view = homeView(mine, pending, deps.sessionUrl);
    const answer = await deps.workspaces.call(team, 'views.publish', { user_id: user, view });
    if (!answer.ok) deps.logger.warn({ failure: answer.failure }, 'a Home tab was not published');
  } catch (error) {
    if (!isAppError(error, 'forbidden')) throw error;
  }
}
