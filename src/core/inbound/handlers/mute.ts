/** `mute` and `unmute`: whether the thread shows the turns of its session. */
import { info, on, sessionOf } from '../context.ts';
import { MUTED, UNMUTED } from '../texts.ts';

export const mute = on('mute', async (context) => {
  const { id } = await sessionOf(context);
  await context.sessions.setMuted(context.caller, id, context.thread.id, true);
  return info(MUTED);
});

export const unmute = on('unmute', async (context) => {
  const { id } = await sessionOf(context);
  await context.sessions.setMuted(context.caller, id, context.thread.id, false);
  return info(UNMUTED);
});
