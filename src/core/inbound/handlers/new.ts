/** `new [agent] <text>`: a new session in this thread, and its first prompt. */
import { on } from '../context.ts';
import { handlePrompt } from './prompt.ts';

export const newSession = on('new', (context, { text, options }) =>
  handlePrompt(context, text, options, true),
);
