/** `model <id>`: the model of the thread's session. `model`: which there are. */
import { offeredBy, setOption } from '../agents.ts';
import { awake, info, on, sessionOf } from '../context.ts';
import { optionSet, optionsText } from '../texts.ts';

export const model = on('model', async (context, command) => {
  const session = await sessionOf(context);
  const { current, offered } = offeredBy(session, 'model');
  if (command.model === null) return info(optionsText('model', current, offered));
  await setOption(context, await awake(context, session), 'model', command.model);
  return info(optionSet('model', command.model));
});
