/** What the buttons of messages do. Who may is decided by the session service, for each of them. */
import type { Action, ActionTokens } from '../core/access/action-token.ts';
import { inputHash } from '../core/access/action-token.ts';
import type { Caller } from '../core/model/actor.ts';
import { AppError } from '../core/model/errors.ts';
import { parseId, type IdPrefix } from '../core/model/ids.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { SessionService } from '../core/sessions/service.ts';
import type { MintToken } from './renderers/permission.ts';

const SURFACE = 'web';

/** Tokens for the buttons of a permission message. */
export function createMintToken(tokens: ActionTokens): MintToken {
  return ({ sessionId, permission }, option) =>
    tokens.mint({
      sessionId,
      requestId: permission.requestId,
      optionId: option.optionId,
      surface: SURFACE,
      expiresAt: permission.expiresAt,
      inputHash: inputHash(permission.asked),
    });
}

export interface Actions {
  /** AppError `unprocessable` for a token that is not ours, too old, or for another input. */
  answerPermission(caller: Caller, token: string): Promise<void>;
  cancel(caller: Caller, session: string, prompt: string): Promise<void>;
  retry(caller: Caller, session: string, prompt: string): Promise<void>;
  resumeQueue(caller: Caller, session: string): Promise<void>;
}

export function createActions(deps: {
  readonly sessions: SessionService;
  readonly actionTokens: ActionTokens;
  readonly clock: Clock;
}): Actions {
  const { sessions, actionTokens, clock } = deps;

  /** One that is no longer pending goes on to the service, which says who answered it. */
  const checkInput = async (caller: Caller, action: Action): Promise<void> => {
    const pending = await sessions.permissions(caller, id('s', action.sessionId));
    const request = pending.find((each) => each.id === action.requestId);
    if (request !== undefined && inputHash(request.toolCall) !== action.inputHash) {
      throw new AppError(
        'unprocessable',
        'What the agent asks has changed. Reload the page and read it again.',
      );
    }
  };

  return {
    async answerPermission(caller, token) {
      const action = actionTokens.verify(token, clock.now());
      if (action === undefined || action.surface !== SURFACE) {
        throw new AppError(
          'unprocessable',
          'This button does not work any more: the request has expired. Reload the page to see how it ended.',
        );
      }
      await checkInput(caller, action);
      const { optionId } = action;
      const request = id('r', action.requestId);
      await sessions.answerPermission(caller, id('s', action.sessionId), request, { optionId });
    },
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
