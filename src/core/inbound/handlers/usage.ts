/** `usage`: tokens and cost, as far as the agent reports them. */
import { info, on, sessionOf } from '../context.ts';
import { usageText } from '../texts.ts';

export const usage = on('usage', async (context) =>
  info(usageText((await sessionOf(context)).usage)),
);
