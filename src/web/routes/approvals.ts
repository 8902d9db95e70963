/**
 * The page where a link to a permission request leads. Invariant: looking decides nothing; an answer
 * is a POST of who is logged in, for the input that the link was made for.
 */
import { inputHash, type ActionTokens } from '../../core/access/action-token.ts';
import { readApprovalLink, type LinkedRequest } from '../../core/access/page-links.ts';
import type { Caller } from '../../core/model/actor.ts';
import { AppError, isAppError } from '../../core/model/errors.ts';
import { answerAsShown } from '../../core/sessions/answer-by-token.ts';
import type { SessionService } from '../../core/sessions/service.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { renderApproval, type ApprovalPage } from '../renderers/approval.ts';
import type { SessionReader } from '../session-reader.ts';

export interface ApprovalDeps {
  readonly seen: SessionReader;
  readonly sessions: SessionService;
  readonly actionTokens: ActionTokens;
  readonly clock: Clock;
  readonly script: string;
}

/** AppError `not_found` for a link that is not ours, or whose request is gone. */
export async function approvalOf(
  deps: ApprovalDeps,
  caller: Caller,
  token: string,
): Promise<ApprovalPage & { readonly link: LinkedRequest }> {
  const link = readApprovalLink(deps.actionTokens, token);
  if (link === undefined) {
    throw new AppError(
      'not_found',
      'This link is not whole, or was not made by this server. Open it from the message again.',
    );
  }
  const { session, transcript } = await deps.seen.session(caller, link.sessionId);
  const permission = transcript.permissions.get(link.requestId);
  if (permission === undefined) {
    throw new AppError('not_found', 'There is no such permission request any more.');
  }
  return {
    link,
    view: { kind: 'permission', sessionId: session.id, permission, transcript },
    action: `/approve/${token}`,
    isChanged: inputHash(permission.asked) !== link.inputHash,
    threads: await deps.seen.threads(session),
    script: deps.script,
    stream: `/web/approve/${token}/stream`,
  };
}

export async function approvalPage(
  deps: ApprovalDeps,
  caller: Caller,
  token: string,
): Promise<string> {
  return renderApproval(await approvalOf(deps, caller, token));
}

/** The page that says why, when the answer did not count; null when it did, or had before. */
export async function answerApproval(
  deps: ApprovalDeps,
  caller: Caller,
  token: string,
  optionId: string,
): Promise<string | null> {
  const { link, view } = await approvalOf(deps, caller, token);
  try {
    if (link.expiresAt <= deps.clock.now() && view.permission.outcome === null) {
      throw new AppError('unprocessable', 'This request has expired.');
    }
    await answerAsShown(deps.sessions, caller, { ...link, optionId: () => optionId });
    return null;
  } catch (error) {
    if (!isAppError(error) || error.code === 'forbidden') throw error;
    return renderApproval({ ...(await approvalOf(deps, caller, token)), problem: error.message });
  }
}
