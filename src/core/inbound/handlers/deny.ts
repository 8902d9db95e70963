/** `deny <code> [reason]`: refuses, and lets the agent know why with the next prompt. */
import { on, promptWith } from '../context.ts';
import { answer } from '../answer.ts';
import { deniedBecause } from '../texts.ts';

export const deny = on('deny', async (context, { code, reason }) => {
  const done = await answer(context, code, 'deny');
  if ('reply' in done) return done.reply;
  if (reason !== null) {
    const text = deniedBecause(done.request.title, reason);
    await promptWith(context, done.request.sessionId, text);
  }
  return undefined;
});
