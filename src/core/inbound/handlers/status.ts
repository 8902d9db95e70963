/** `status`: what the session does now, and what waits. */
import { info, on, sessionOf } from '../context.ts';
import { statusText } from '../texts.ts';

export const status = on('status', async (context) => {
  const { sessions, caller, clock } = context;
  const session = await sessionOf(context);
  const { running, waiting } = await sessions.queue(caller, session.id);
  const pending = await sessions.permissions(caller, session.id);
  return info(statusText({ session, running, waiting, pending, now: clock.now() }));
});
