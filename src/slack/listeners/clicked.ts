/**
 * `block_actions`: clicks on our buttons. Whoever may not answer is told so alone, and the request
 * stays pending; who comes late is told who was first.
 */
import type { z } from 'zod';
import { isAppError, type AppError } from '../../core/model/errors.ts';
import { answerByToken } from '../../core/sessions/answer-by-token.ts';
import { plainName } from '../../core/transcript/plain.ts';
import { SURFACE } from '../address.ts';
import type { actionsSchema } from '../payloads.ts';
import { answerWord } from '../../core/transcript/words.ts';
import { PERMISSION_ACTION } from '../renderers/permission.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { whisper } from './whisper.ts';

type Clicked = z.infer<typeof actionsSchema>;

export async function onClicked(
  deps: ListenerDeps,
  { team }: Source,
  clicked: Clicked,
): Promise<void> {
  const { user, container, message } = clicked;
  const [action] = clicked.actions;
  const isOurs = action?.action_id.startsWith(`${PERMISSION_ACTION}:`) === true;
  if (!isOurs || action.value === undefined) return;
  // On the Home tab there is no channel: what is said goes to the conversation with the person.
  const channel = clicked.channel?.id ?? user.id;
  const thread = message?.thread_ts ?? container?.thread_ts ?? '';
  const caller = await deps.people.caller(team, channel, user.id);
  try {
    await answerByToken(deps, SURFACE, caller, action.value);
  } catch (error) {
    if (!isAppError(error) || error.code === 'unavailable') throw error;
    await whisper(deps, { team, channel, thread }, user.id, wordsFor(error));
  }
}

function wordsFor(error: AppError): string {
  if (error.code !== 'already_answered') return error.message;
  const { optionKind, by } = error.details;
  if (typeof by !== 'string' || typeof optionKind !== 'string') return error.message;
  return `Already ${answerWord(optionKind).toLowerCase()} by ${plainName(by)}.`;
}
