/** `close`: ends the session. The presenter tells the thread when it has ended. */
import { info, on, sessionOf } from '../context.ts';
import { statusText } from '../texts.ts';

export const close = on('close', async (context) => {
  const session = await sessionOf(context);
  if (session.state === 'ended') {
    const now = context.clock.now();
    return info(statusText({ session, running: null, waiting: [], pending: [], now }));
  }
  await context.sessions.close(context.caller, session.id);
  return undefined;
});
