/** A comment on a line of a pull request, answered in its review thread. */
import { findMentions } from '../../core/commands/mention.ts';
import { visibleText } from '../../core/commands/visible.ts';
import { threadRef, type Place } from '../address.ts';
import { ofReviewComment } from '../asked.ts';
import { isOurs } from '../client/identity.ts';
import type { Edge } from '../deps.ts';
import { hear } from '../hear.ts';
import type { Heard } from '../heard.ts';
import { isTurnOfItsOwn, reviewComments } from '../reviews.ts';
import { ownCommentEdited } from '../ticks.ts';
import { triggerDeleted, triggerEdited } from '../trigger-changes.ts';
import type { ReviewCommentPayload } from './payloads.ts';
import { pullPlace } from './pull-request.ts';

export async function reviewCommentCreated(
  edge: Edge,
  payload: ReviewCommentPayload,
): Promise<void> {
  const { comment } = payload;
  if (!mayBeForUs(edge, comment.body ?? '') || isOurs(edge.identity, comment.user)) return;
  if (await belongsToReview(edge, payload)) return;
  await hear(edge, heardOf(edge, payload));
}

function heardOf(edge: Edge, payload: ReviewCommentPayload): Heard {
  const { comment, sender, pull_request: pull } = payload;
  const by = { place: placeOf(payload), title: pull.title, by: comment.user ?? sender };
  return ofReviewComment(edge, by, comment);
}

export async function reviewCommentEdited(
  edge: Edge,
  payload: ReviewCommentPayload,
): Promise<void> {
  const { comment, pull_request: pull, changes, sender } = payload;
  const from = changes?.body?.from;
  if (from === undefined) return;
  if (!isOurs(edge.identity, comment.user)) {
    const edit = { from, editedAt: comment.updated_at };
    await triggerEdited(edge, heardOf(edge, payload), sender, edit);
    return;
  }
  await ownCommentEdited(edge, {
    place: placeOf(payload),
    title: pull.title,
    externalId: `rc:${comment.id}`,
    by: sender,
    from,
    to: comment.body ?? '',
  });
}

export async function reviewCommentDeleted(
  edge: Edge,
  payload: ReviewCommentPayload,
): Promise<void> {
  const { id, body } = payload.comment;
  const deleted = { of: `rc:${id}`, text: body ?? '' };
  await triggerDeleted(edge, placeOf(payload), deleted, payload.sender);
}

/** Asked first: most comments are between people, and cost no call. */
function mayBeForUs({ identity, options }: Edge, text: string): boolean {
  if (options.untaggedReplies) return true;
  const visible = visibleText(text);
  return findMentions(visible, identity.names).length > 0 || /^[ \t]*\/[a-z]/im.test(visible);
}

/** A part of a review that is one turn as a whole. */
async function belongsToReview(edge: Edge, payload: ReviewCommentPayload): Promise<boolean> {
  const { comment } = payload;
  const { pull_request_review_id: reviewId, in_reply_to_id: reply } = comment;
  if (reply !== undefined || reviewId === null) return false;
  const site = await edge.comments.site(threadRef(pullPlace(payload)));
  const { data } = await site.octokit.rest.pulls.getReview({
    ...site.name,
    pull_number: site.place.number,
    review_id: reviewId,
  });
  return isTurnOfItsOwn(data.body, await reviewComments(site, reviewId));
}

function placeOf(payload: ReviewCommentPayload): Place {
  const { comment } = payload;
  return { ...pullPlace(payload), reviewThread: comment.in_reply_to_id ?? comment.id };
}
