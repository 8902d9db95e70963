/**
 * Somebody edited a comment of ours. A box that was ticked is an answer, if the text beside it is
 * what we wrote, if exactly this one box changed, and if the one who ticked may: everything else is
 * put back and explained.
 */
import { holds } from '../core/access/authorize.ts';
import type { Caller } from '../core/model/actor.ts';
import { AppError } from '../core/model/errors.ts';
import { parseId, type RequestId, type SessionId } from '../core/model/ids.ts';
import { plainName } from '../core/transcript/plain.ts';
import { SURFACE, threadRef, type Place } from './address.ts';
import { isNotFound, messageOf } from './client/failures.ts';
import type { Edge } from './deps.ts';
import { tell } from './notice.ts';
import { callerOf, isHeard, isOwnAnswer } from './person.ts';
import { newlyTicked } from './renderers/marker.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

export interface OwnEdit {
  readonly place: Place;
  readonly title: string;
  readonly externalId: string;
  readonly by: GitHubUser;
  readonly from: string;
  readonly to: string;
}

export async function ownCommentEdited(edge: Edge, edit: OwnEdit): Promise<void> {
  const { marks } = edge;
  if (!isHeard(edge, edit.by)) return;
  const key = marks.keyOf(edit.from) ?? marks.keyOf(edit.to);
  if (key?.startsWith('permission:') !== true) return;
  const ticked = newlyTicked(edit.from, edit.to);
  const isTextOurs = marks.isGenuine(edit.from) && marks.isGenuine(edit.to);
  const [token] = ticked;
  if (!isTextOurs) {
    await putBack(edge, edit);
    const reason = 'The text of the request was changed, so a tick in it counts for nothing.';
    if (token !== undefined) await explain(edge, edit, key, 'changed', reason);
    return;
  }
  if (token === undefined) return;
  if (ticked.length > 1) {
    await putBack(edge, edit);
    await explain(edge, edit, key, 'several', 'More than one box was ticked. Please tick one.');
    return;
  }
  await answer(edge, edit, key, token);
}

async function answer(edge: Edge, edit: OwnEdit, key: string, token: string): Promise<void> {
  const { actionTokens, clock, sessions } = edge;
  const action = actionTokens.verify(token, clock.now());
  const sessionId = parseId('s', action?.sessionId ?? '');
  const requestId = parseId('r', action?.requestId ?? '');
  const isOfThis = action?.surface === SURFACE && key.startsWith(`permission:${requestId}@`);
  if (!isOfThis || sessionId === undefined || requestId === undefined) {
    if (!asks(edit.from)) await putBack(edge, edit);
    await explain(
      edge,
      edit,
      key,
      'expired',
      'This box does not work any more: the request has expired.',
    );
    return;
  }
  const caller = await callerOf(edge, edit.place, edit.by);
  try {
    await sessions.answerPermission(caller, sessionId, requestId, { optionId: action.optionId });
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
    // Our own answer, looked at once more after a crash.
    if (isOwnAnswer(error, caller)) return;
    // A comment that still asks is edited to the outcome by the outbox; one that is late stays so.
    if (error.code === 'forbidden' || !asks(edit.from)) await putBack(edge, edit);
    const isLate =
      error.code === 'forbidden' && (await isAnswered(edge, caller, sessionId, requestId));
    const reason = isLate ? LATE : error.message;
    await explain(edge, edit, key, isLate ? 'late' : error.code, reason);
  }
}

const LATE = 'This request has been answered already.';

/** Said to whoever may look, instead of that they may not answer. */
async function isAnswered(
  { sessions }: Edge,
  caller: Caller,
  sessionId: SessionId,
  requestId: RequestId,
): Promise<boolean> {
  if (!holds(caller, 'read')) return false;
  const pending = await sessions.permissions(caller, sessionId);
  return pending.every(({ id }) => id !== requestId);
}

const asks = (body: string): boolean => body.includes('<!-- answer:');

/** Writes what it should say, unless it says that, or something else than what was told us, by now. */
async function putBack({ comments, marks, logger }: Edge, edit: OwnEdit): Promise<void> {
  const { place, externalId, from, to } = edit;
  try {
    const site = await comments.site(threadRef(place));
    const genuine = marks.isGenuine(from) ? from : undefined;
    await comments.restore(site, externalId, { from: genuine, to });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    logger.info({ reason: messageOf(error) }, 'a comment is gone, so it is not put back');
  }
}

/** Once for each person, request and reason. */
function explain(
  edge: Edge,
  { place, title, by }: OwnEdit,
  key: string,
  reason: string,
  text: string,
): Promise<void> {
  const [request = ''] = key.split('@');
  return tell(edge, {
    thread: threadRef(place),
    title,
    key: `tick:${request}:${by.id}:${reason}`,
    tone: 'error',
    markdown: `**${plainName(by.login)}**: ${text}`,
  });
}
