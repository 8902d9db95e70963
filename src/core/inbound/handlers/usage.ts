/** `usage`: tokens and cost, as far as the agent reports them. */
import { info, on, sessionOf } from '../context.ts';
import { usageText } from '../texts.ts';

export const usage = on('usage', async (context) => {
  const { id, usage: stored } = await sessionOf(context);
  // The row has it from the end of the last turn.
  const { usage: latest } = await context.transcript(id);
  return info(usageText(latest ?? stored));
});
