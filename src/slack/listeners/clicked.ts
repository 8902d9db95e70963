/**
 * `block_actions`: clicks on our buttons. Whoever may not answer is told so alone, and the request
 * stays pending; who comes late is told who was first.
 */
import type { z } from 'zod';
import type { Caller } from '../../core/model/actor.ts';
import { isAppError, type AppError } from '../../core/model/errors.ts';
import { parseId } from '../../core/model/ids.ts';
import { answerByToken } from '../../core/sessions/answer-by-token.ts';
import { runEditByToken } from '../../core/sessions/edit-by-token.ts';
import { plainName } from '../../core/transcript/plain.ts';
import { SURFACE } from '../address.ts';
import type { actionsSchema } from '../payloads.ts';
import { answerWord } from '../../core/transcript/words.ts';
import { STOP_ACTION } from '../renderers/home.ts';
import { EDIT_ACTION } from '../renderers/notice.ts';
import { PERMISSION_ACTION } from '../renderers/permission.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { refuse } from './refuse.ts';
import { whisper } from './whisper.ts';

type Clicked = z.infer<typeof actionsSchema>;

export async function onClicked(
  deps: ListenerDeps,
  { team }: Source,
  clicked: Clicked,
): Promise<void> {
  const { user, container, message } = clicked;
  const [action] = clicked.actions;
  const act = action === undefined ? undefined : ACTS[action.action_id.split(':')[0] ?? ''];
  if (act === undefined || action?.value === undefined) return;
  // The Home tab has no channel: it stands for the workspace, as a direct message does.
  const channel = clicked.channel?.id;
  const caller = await deps.people.caller(team, channel ?? 'D', user.id);
  try {
    await act(deps, caller, action.value);
    if (channel === undefined) await deps.homes.publish(team, user.id);
  } catch (error) {
    if (!isAppError(error) || error.code === 'unavailable') throw error;
    const words = wordsFor(error);
    if (channel === undefined) return deps.homes.publish(team, user.id, words);
    const thread = message?.thread_ts ?? container?.thread_ts ?? '';
    const tell = error.code === 'forbidden' ? refuse : whisper;
    await tell(deps, { team, channel, thread }, user.id, words);
  }
}

type Act = (deps: ListenerDeps, caller: Caller, value: string) => Promise<void>;

/** By what action ids begin with; buttons of other versions are acknowledged, and do nothing. */
const ACTS: Readonly<Record<string, Act>> = {
  [PERMISSION_ACTION]: (deps, caller, token) => answerByToken(deps, SURFACE, caller, token),
  [EDIT_ACTION]: (deps, caller, token) => runEditByToken(deps, SURFACE, caller, token),
  [STOP_ACTION]: async ({ sessions }, caller, value) => {
    const sessionId = parseId('s', value);
    if (sessionId !== undefined) await sessions.cancelTurn(caller, sessionId);
  },
};

function wordsFor(error: AppError): string {
  if (error.code !== 'already_answered') return error.message;
  const { optionKind, by } = error.details;
  if (typeof by !== 'string' || typeof optionKind !== 'string') return error.message;
  return `Already ${answerWord(optionKind).toLowerCase()} by ${plainName(by)}.`;
}
