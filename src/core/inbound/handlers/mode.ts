/** `mode <id>`: the mode of the thread's session. `mode`: which there are. */
import { offeredBy, setOption } from '../agents.ts';
import { awake, info, on, sessionOf } from '../context.ts';
import { optionSet, optionsText } from '../texts.ts';

export const mode = on('mode', async (context, command) => {
  const session = await sessionOf(context);
  const { current, offered } = offeredBy(session, 'mode');
  if (command.mode === null) return info(optionsText('mode', current, offered));
  await setOption(context, await awake(context, session), 'mode', command.mode);
  return info(optionSet('mode', command.mode));
});
