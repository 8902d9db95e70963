/**
 * `app_uninstalled` and `tokens_revoked`: a workspace does not want us any more. What runs there is
 * ended, because nobody there can see or stop it, and its token is forgotten.
 */
import { z } from 'zod';
import type { Caller } from '../../core/model/actor.ts';
import { isAppError } from '../../core/model/errors.ts';
import type { SessionId } from '../../core/model/ids.ts';
import { actorId, SURFACE } from '../address.ts';
import type { ListenerDeps, Source } from './deps.ts';

/** People's own tokens may be revoked as well: they are none of our business. */
export const leftSchema = z.union([
  z.object({ type: z.literal('app_uninstalled') }),
  z.object({
    type: z.literal('tokens_revoked'),
    tokens: z.object({ bot: z.array(z.string()).min(1) }),
  }),
]);

const PAGE = 200;

export async function onLeft(deps: ListenerDeps, { team }: Source): Promise<void> {
  const ended = await endSessions(deps, team);
  await deps.forget(team);
  deps.logger.warn({ team, ended }, 'a workspace removed the Slack app; its sessions are closed');
}

/** How many were closed. Doing it again finds them closed. */
async function endSessions(deps: ListenerDeps, team: string): Promise<number> {
  const caller: Caller = {
    actor: { surface: SURFACE, id: actorId(team, 'app'), name: 'Slack', kind: 'system' },
    roles: ['run'],
    within: { surface: SURFACE, account: team, key: team },
  };
  let ended = 0;
  let cursor: string | null = null;
  do {
    const page = await deps.threads.threads(SURFACE, cursor, PAGE);
    for (const { id, ref } of page.data) {
      if (ref.account !== team) continue;
      for (const { sessionId } of await deps.threads.bindingsOfThread(id)) {
        if (await end(deps, caller, sessionId)) ended += 1;
      }
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ended;
}

async function end(deps: ListenerDeps, caller: Caller, sessionId: SessionId): Promise<boolean> {
  try {
    const { state } = await deps.sessions.session(caller, sessionId);
    if (state === 'ended' || state === 'ending') return false;
    await deps.sessions.close(caller, sessionId);
    return true;
  } catch (error) {
    if (!isAppError(error) || error.code === 'unavailable') throw error;
    return false;
  }
}
