/** `approve <code>`: the option that the agent offers for allowing it this once. */
import { on } from '../context.ts';
import { answer } from '../answer.ts';

export const approve = on('approve', async (context, { code }) => {
  const done = await answer(context, code, 'allow');
  return 'reply' in done ? done.reply : undefined;
});
