/**
 * Somebody edited a comment of ours. A box that was ticked is an answer, if the text beside it is
 * what we wrote, if exactly this one box changed, and if the one who ticked may: everything else is
 * put back and explained.
 */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../core/model/actor.ts';
import { AppError } from '../core/model/errors.ts';
import { companion } from '../core/outbox/companions.ts';
import { answerByToken } from '../core/sessions/answer-by-token.ts';
import { plainName } from '../core/transcript/plain.ts';
import { SURFACE, threadRef, type Place } from './address.ts';
import { isNotFound, messageOf } from './client/failures.ts';
import type { Edge } from './deps.ts';
import { refuse, tell } from './notice.ts';
import { decideByTick, isOutsiderCard } from './outsiders.ts';
import { callerOf, isHeard } from './person.ts';
import { newlyTicked } from './renderers/marker.ts';
import { againAt } from './renderers/render.ts';
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
  if (key === undefined || !(key.startsWith('permission:') || isOutsiderCard(key))) return;
  const ticked = newlyTicked(edit.from, edit.to);
  const isTextOurs = marks.isGenuine(edit.from) && marks.isGenuine(edit.to);
  const [token] = ticked;
  if (!isTextOurs) {
    await putBack(edge, edit, key);
    const reason = 'The text of the request was changed, so a tick in it counts for nothing.';
    if (token !== undefined) await explain(edge, edit, key, 'changed', reason);
    return;
  }
  if (token === undefined) return;
  if (ticked.length > 1) {
    await putBack(edge, edit, key);
    await explain(edge, edit, key, 'several', 'More than one box was ticked. Please tick one.');
    return;
  }
  await answer(edge, edit, key, token);
}

async function answer(edge: Edge, edit: OwnEdit, key: string, token: string): Promise<void> {
  const caller = await callerOf(edge, edit.place, edit.by);
  try {
    if (isOutsiderCard(key)) await decideByTick(edge, { ...edit, caller, key }, token);
    else await answerRequest(edge, caller, key, token);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
    // A comment that still asks is edited to the outcome by the outbox; one that is late stays so.
    const isPending = error.code === 'forbidden' || error.code === 'unprocessable';
    if (isPending || isOutsiderCard(key) || !asks(edit.from)) await putBack(edge, edit, key);
    await explain(edge, edit, key, error.code, error.message);
  }
}

async function answerRequest(
  edge: Edge,
  caller: Caller,
  key: string,
  token: string,
): Promise<void> {
  const { requestId } = edge.actionTokens.verify(token, edge.clock.now()) ?? {};
  // A token of another request, pasted here.
  const isOfThis = requestId === undefined || key.startsWith(`permission:${requestId}@`);
  await answerByToken(edge, SURFACE, caller, isOfThis ? token : '');
}

const asks = (body: string): boolean => body.includes('<!-- answer:');

/** A card of an outsider is edited by this folder alone, a request by the outbox alone. */
function putBack(edge: Edge, edit: OwnEdit, key: string): Promise<void> {
  return isOutsiderCard(key) ? restoreCard(edge, edit) : sendAgain(edge, edit, key);
}

async function sendAgain({ outbox }: Edge, { externalId }: OwnEdit, key: string): Promise<void> {
  const row = await outbox().message(key);
  // The key of another message, pasted here.
  if (row === undefined || (row.externalId ?? externalId) !== externalId) return;
  await outbox().open([companion(row, { mirror: againAt(externalId, randomUUID()) })]);
}

async function restoreCard({ comments, marks, logger }: Edge, edit: OwnEdit): Promise<void> {
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
  const thread = threadRef(place);
  if (reason === 'forbidden') return refuse(edge, { thread, title, by, reason: text });
  const [request = ''] = key.split('@');
  return tell(edge, {
    thread,
    title,
    key: `tick:${request}:${by.id}:${reason}`,
    tone: 'error',
    markdown: `**${plainName(by.login)}**: ${text}`,
  });
}
