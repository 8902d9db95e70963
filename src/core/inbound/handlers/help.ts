/** `help [verb]`: from the grammar table, by what the person may do. */
import { authorize } from '../../access/authorize.ts';
import { helpText } from '../../commands/help.ts';
import { info, on } from '../context.ts';

export const help = on('help', async ({ caller, message, config }, { topic }) => {
  const [name = 'threadcast'] = config.mentions(message.thread.surface) ?? [];
  const mention = name.replace(/^@/, '');
  return info(helpText({ mention, may: (verb) => authorize(verb, caller).allow }, topic));
});
