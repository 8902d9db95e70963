/** `continue`: a prompt that asks the agent to go on. */
import { awake, on, promptWith, sessionOf } from '../context.ts';

export const continueTurn = on('continue', async (context) => {
  const session = await awake(context, await sessionOf(context));
  await promptWith(context, session.id, 'Continue.');
  return undefined;
});
