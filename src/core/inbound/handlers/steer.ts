/** `steer <text>` and `!<text>`: the running turn ends, this comes next. */
import { startSession } from '../agents.ts';
import { awake, findSession, on, promptWith } from '../context.ts';

export const steer = on('steer', async (context, { text }) => {
  const current = await findSession(context);
  const session =
    current === undefined ? await startSession(context, undefined) : await awake(context, current);
  await promptWith(context, session.id, text, { steer: true });
  return undefined;
});
