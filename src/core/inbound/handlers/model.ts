/** `model <id>`: the model of the thread's session. */
import { setOption } from '../agents.ts';
import { awake, info, on, sessionOf } from '../context.ts';
import { optionSet } from '../texts.ts';

export const model = on('model', async (context, command) => {
  const session = await awake(context, await sessionOf(context));
  await setOption(context, session, 'model', command.model);
  return info(optionSet('model', command.model));
});
