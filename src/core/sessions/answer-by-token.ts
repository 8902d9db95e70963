/**
 * The elements that answer a permission request on a surface: what the token in each is bound to,
 * and what pressing it does. A token counts for the input that it was shown beside, and for no other.
 */
import { inputHash, type ActionTokens } from '../access/action-token.ts';
import type { Caller } from '../model/actor.ts';
import { AppError, isAppError } from '../model/errors.ts';
import { parseId, type RequestId, type SessionId } from '../model/ids.ts';
import type { PermissionOption } from '../model/permission.ts';
import type { PermissionView } from '../model/transcript.ts';
import type { Clock } from '../ports/clock.ts';
import type { SessionService } from './service.ts';

export interface ShownRequest {
  readonly sessionId: SessionId;
  readonly permission: Pick<PermissionView, 'requestId' | 'expiresAt' | 'asked'>;
}

export type MintAnswer = (shown: ShownRequest, option: PermissionOption) => string;

/** AppError `too_large` for an option that does not fit; its code can be typed. */
export function createMintAnswer(tokens: ActionTokens, surface: string): MintAnswer {
  return ({ sessionId, permission }, { optionId }) =>
    tokens.mint({
      sessionId,
      requestId: permission.requestId,
      optionId,
      surface,
      expiresAt: permission.expiresAt,
      inputHash: inputHash(permission.asked),
    });
}

export interface AnswerDeps {
  readonly sessions: SessionService;
  readonly actionTokens: ActionTokens;
  readonly clock: Clock;
}

/**
 * Throws what the person who pressed should be told, as AppError: `unprocessable` for a token that
 * is not ours, not of this surface, too old, or for another input. Somebody's own answer once more
 * (a double click, a delivery that is repeated) says nothing.
 */
export async function answerByToken(
  { sessions, actionTokens, clock }: AnswerDeps,
  surface: string,
  caller: Caller,
  token: string,
): Promise<void> {
  const action = actionTokens.verify(token, clock.now());
  const sessionId = parseId('s', action?.sessionId ?? '');
  const requestId = parseId('r', action?.requestId ?? '');
  const isOurs = action?.surface === surface;
  if (!isOurs || sessionId === undefined || requestId === undefined) {
    throw new AppError(
      'unprocessable',
      'This does not work any more: the request has expired, or it was answered.',
    );
  }
  const { optionId } = action;
  await answerAsShown(sessions, caller, {
    sessionId,
    requestId,
    inputHash: action.inputHash,
    optionId: () => optionId,
  });
}

export interface ShownAnswer {
  readonly sessionId: SessionId;
  readonly requestId: RequestId;
  /** Of what the person was shown (`inputHash` of `asked`). */
  readonly inputHash: string;
  /** `offered` is empty when the request is no longer pending. */
  readonly optionId: (offered: readonly PermissionOption[]) => string;
}

/** Answers a request as it was shown; throws like `answerByToken`. */
export async function answerAsShown(
  sessions: SessionService,
  caller: Caller,
  shown: ShownAnswer,
): Promise<void> {
  const pending = await sessions.permissions(caller, shown.sessionId);
  // One that is no longer pending goes on to the service, which says who answered it.
  const request = pending.find(({ id }) => id === shown.requestId);
  if (request !== undefined && inputHash(request.toolCall) !== shown.inputHash) {
    throw new AppError('unprocessable', 'What the agent asks has changed. Please read it again.');
  }
  const optionId = shown.optionId(request?.options ?? []);
  try {
    await sessions.answerPermission(caller, shown.sessionId, shown.requestId, { optionId });
  } catch (error) {
    if (!isSameAnswer(error, caller, optionId)) throw error;
  }
}

function isSameAnswer(error: unknown, { actor }: Caller, optionId: string): boolean {
  if (!isAppError(error, 'already_answered') || error.details['byId'] !== actor.id) return false;
  return optionId === '' || error.details['optionId'] === optionId;
}
