/** `mode <id>`: the mode of the thread's session. */
import { setOption } from '../agents.ts';
import { awake, info, on, sessionOf } from '../context.ts';
import { optionSet } from '../texts.ts';

export const mode = on('mode', async (context, command) => {
  const session = await awake(context, await sessionOf(context));
  await setOption(context, session, 'mode', command.mode);
  return info(optionSet('mode', command.mode));
});
