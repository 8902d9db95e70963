/**
 * A review was submitted: one turn with all its comments. A review that is one comment or a reply
 * (GitHub makes those too) is answered in that comment's thread instead.
 */
import { threadRef } from '../address.ts';
import { ofReview } from '../asked.ts';
import type { Edge } from '../deps.ts';
import { hear } from '../hear.ts';
import { isHeard } from '../person.ts';
import { reviewComments } from '../reviews.ts';
import type { ReviewPayload } from './payloads.ts';
import { pullPlace } from './pull-request.ts';

export async function reviewSubmitted(edge: Edge, payload: ReviewPayload): Promise<void> {
  const { review, sender, pull_request: pull } = payload;
  const place = pullPlace(payload);
  if (!isHeard(edge, sender)) return;
  const site = await edge.comments.site(threadRef(place));
  const comments = await reviewComments(site, review.id);
  const heard = ofReview(edge, { place, title: pull.title, by: sender }, review, comments);
  if (heard !== undefined) await hear(edge, heard);
}
