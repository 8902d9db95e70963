/** `ok-to-run` where nothing waits for it: a surface that holds outsiders' requests takes it before. */
import { info, on } from '../context.ts';
import { NOTHING_TO_RELEASE } from '../texts.ts';

export const okToRun = on('ok-to-run', async () => info(NOTHING_TO_RELEASE));
