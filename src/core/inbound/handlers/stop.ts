/** `stop`: asks the running turn to end. The turn's message shows it. */
import { info, on, sessionOf } from '../context.ts';
import { NOTHING_RUNS } from '../texts.ts';

export const stop = on('stop', async (context) => {
  const session = await sessionOf(context);
  if (session.state === 'ended') return info(NOTHING_RUNS);
  const isStopping = await context.sessions.cancelTurn(context.caller, session.id);
  return isStopping ? undefined : info(NOTHING_RUNS);
});
