/** `whoami`: who the person is to us, and what they may do. */
import { info, on } from '../context.ts';
import { whoamiText } from '../texts.ts';

export const whoami = on('whoami', async ({ caller }) => info(whoamiText(caller)));
