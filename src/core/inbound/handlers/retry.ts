/** `retry`: the last prompt once more. `retry edited`: with the text that it was edited to. */
import { awake, on, promptIdOf, sessionOf } from '../context.ts';

export const retry = on('retry', async (context, { edited }) => {
  const session = await awake(context, await sessionOf(context));
  if (edited) {
    await context.sessions.runEdit(context.caller, session.id);
    return undefined;
  }
  await context.sessions.retry(context.caller, session.id, undefined, await promptIdOf(context));
  return undefined;
});
