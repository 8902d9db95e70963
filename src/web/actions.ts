/** What the buttons of messages do. Who may is decided by the session service, for each of them. */
import type { Caller } from '../core/model/actor.ts';
import { AppError } from '../core/model/errors.ts';
import { parseId, type IdPrefix } from '../core/model/ids.ts';
import { answerByToken, type AnswerDeps } from '../core/sessions/answer-by-token.ts';
import { runEditByToken } from '../core/sessions/edit-by-token.ts';

export const SURFACE = 'web';

export interface Actions {
  /** AppError `unprocessable` for a token that is not ours, too old, or for another input. */
  answerPermission(caller: Caller, token: string): Promise<void>;
  runEdit(caller: Caller, token: string): Promise<void>;
  cancel(caller: Caller, session: string, prompt: string): Promise<void>;
  retry(caller: Caller, session: string, prompt: string): Promise<void>;
  resumeQueue(caller: Caller, session: string): Promise<void>;
}

export function createActions(deps: AnswerDeps): Actions {
  const { sessions } = deps;
  return {
    answerPermission: (caller, token) => answerByToken(deps, SURFACE, caller, token),
    runEdit: (caller, token) => runEditByToken(deps, SURFACE, caller, token),
    cancel: (caller, session, prompt) =>
      sessions.cancelPrompt(caller, id('s', session), id('p', prompt)),
    async retry(caller, session, prompt) {
      await sessions.retry(caller, id('s', session), id('p', prompt));
    },
    resumeQueue: (caller, session) => sessions.resumeQueue(caller, id('s', session)),
  };
}

function id<P extends IdPrefix>(
  prefix: P,
  text: string,
): NonNullable<ReturnType<typeof parseId<P>>> {
  const parsed = parseId(prefix, text);
  if (parsed === undefined) throw new AppError('invalid', 'This address has no valid id in it.');
  return parsed;
}
