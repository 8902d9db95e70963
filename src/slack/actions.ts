/** What the buttons of permission messages do, and the tokens in them. */
import type { Action, ActionTokens } from '../core/access/action-token.ts';
import { inputHash } from '../core/access/action-token.ts';
import type { Caller } from '../core/model/actor.ts';
import { AppError, isAppError } from '../core/model/errors.ts';
import { parseId, type IdPrefix } from '../core/model/ids.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { SessionService } from '../core/sessions/service.ts';
import { SURFACE } from './address.ts';
import type { MintToken } from './renderers/permission.ts';

/** An option whose token would not fit a button has no button; its code can be typed. */
export function createMintToken(tokens: ActionTokens): MintToken {
  return ({ sessionId, permission }, option) => {
    try {
      return tokens.mint({
        sessionId,
        requestId: permission.requestId,
        optionId: option.optionId,
        surface: SURFACE,
        expiresAt: permission.expiresAt,
        inputHash: inputHash(permission.asked),
      });
    } catch (error) {
      if (isAppError(error, 'too_large')) return undefined;
      throw error;
    }
  };
}

export interface AnswerDeps {
  readonly sessions: SessionService;
  readonly actionTokens: ActionTokens;
  readonly clock: Clock;
}

/** Throws what the person who clicked should be told, as AppError. */
export async function answerByToken(
  { sessions, actionTokens, clock }: AnswerDeps,
  caller: Caller,
  token: string,
): Promise<void> {
  const action = actionTokens.verify(token, clock.now());
  if (action === undefined || action.surface !== SURFACE) {
    throw new AppError(
      'unprocessable',
      'This button does not work any more: the request has expired, or it was answered.',
    );
  }
  const session = id('s', action.sessionId);
  await checkInput(sessions, caller, session, action);
  const { optionId } = action;
  try {
    await sessions.answerPermission(caller, session, id('r', action.requestId), { optionId });
  } catch (error) {
    if (!isSameAnswer(error, caller, optionId)) throw error;
  }
}

/** A redelivered or double click: the person's own answer stands already. */
function isSameAnswer(error: unknown, { actor }: Caller, optionId: string): boolean {
  if (!isAppError(error, 'already_answered')) return false;
  return error.details['byId'] === actor.id && error.details['optionId'] === optionId;
}

/** One that is no longer pending goes on to the service, which says who answered it. */
async function checkInput(
  sessions: SessionService,
  caller: Caller,
  session: ReturnType<typeof id<'s'>>,
  action: Action,
): Promise<void> {
  const pending = await sessions.permissions(caller, session);
  const request = pending.find((each) => each.id === action.requestId);
  if (request !== undefined && inputHash(request.toolCall) !== action.inputHash) {
    throw new AppError('unprocessable', 'What the agent asks has changed. Please read it again.');
  }
}

function id<P extends IdPrefix>(
  prefix: P,
  text: string,
): NonNullable<ReturnType<typeof parseId<P>>> {
  const parsed = parseId(prefix, text);
  if (parsed === undefined) throw new AppError('invalid', 'This button has no valid id in it.');
  return parsed;
}
