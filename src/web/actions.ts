/** What the buttons of messages do. Who may is decided by the session service, for each of them. */
import { rowOf } from '../core/commands/grammar.ts';
import type { Caller } from '../core/model/actor.ts';
import { AppError } from '../core/model/errors.ts';
import { deriveId, parseId, type IdPrefix } from '../core/model/ids.ts';
import { answerByToken, type AnswerDeps } from '../core/sessions/answer-by-token.ts';
import { runEditByToken } from '../core/sessions/edit-by-token.ts';
import type { Written } from './routes/write.ts';

export const SURFACE = 'web';

export interface Actions {
  /** AppError `unprocessable` for a token that is not ours, too old, or for another input. */
  answerPermission(caller: Caller, token: string): Promise<void>;
  runEdit(caller: Caller, token: string): Promise<void>;
  cancel(caller: Caller, session: string, prompt: string): Promise<void>;
  retry(caller: Caller, session: string, prompt: string): Promise<void>;
  resumeQueue(caller: Caller, session: string): Promise<void>;
  /** A prompt of the session, whatever it says; one that was closed is opened again. */
  prompt(caller: Caller, session: string, written: Written): Promise<void>;
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
    async prompt(caller, session, written) {
      const sessionId = id('s', session);
      const verb = /^\s*\/([a-z-]+)/i.exec(written.text)?.[1];
      if (verb !== undefined && rowOf(verb, true) !== undefined) {
        throw new AppError('invalid', `/${verb} is a command for threads. ${USE_BUTTONS}`);
      }
      const { state } = await sessions.session(caller, sessionId);
      if (state === 'ended') await sessions.reopen(caller, sessionId);
      const cause = JSON.stringify(['page', sessionId, written.id]);
      const content = [{ type: 'text', text: written.text }] as const;
      await sessions.prompt(caller, sessionId, { content, promptId: await deriveId('p', cause) });
    },
  };
}

const USE_BUTTONS = 'Use the buttons of this page, or write it where the session is shown.';

function id<P extends IdPrefix>(
  prefix: P,
  text: string,
): NonNullable<ReturnType<typeof parseId<P>>> {
  const parsed = parseId(prefix, text);
  if (parsed === undefined) throw new AppError('invalid', 'This address has no valid id in it.');
  return parsed;
}
