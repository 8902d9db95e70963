/** `retry`: the last prompt once more. */
import { awake, on, promptIdOf, sessionOf } from '../context.ts';

export const retry = on('retry', async (context) => {
  const session = await awake(context, await sessionOf(context));
  await context.sessions.retry(context.caller, session.id, undefined, await promptIdOf(context));
  return undefined;
});
