/** `sessions`: those of this thread, newest binding first. */
import { isAppError } from '../../model/errors.ts';
import type { Session } from '../../model/session.ts';
import { info, on } from '../context.ts';
import { sessionsText } from '../texts.ts';

export const sessions = on('sessions', async ({ bound, sessions: service, caller, ...context }) => {
  const found: Session[] = [];
  for (const id of bound) {
    try {
      found.push(await service.session(caller, id));
    } catch (error) {
      if (!isAppError(error, 'not_found')) throw error;
    }
  }
  return info(sessionsText(found, context.sessionId, context.clock.now()));
});
