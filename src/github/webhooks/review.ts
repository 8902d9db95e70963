/**
 * A review was submitted: one turn with all its comments. A review that is one comment or a reply
 * (GitHub makes those too) is answered in that comment's thread instead.
 */
import type { ContentBlock } from '../../core/model/content.ts';
import { findMentions } from '../../core/commands/mention.ts';
import { visibleText } from '../../core/commands/visible.ts';
import { threadRef } from '../address.ts';
import type { Edge } from '../deps.ts';
import { hear } from '../hear.ts';
import { isHeard } from '../person.ts';
import { threadContext } from '../prompts/context.ts';
import { quoted, resource, visibleOnly } from '../prompts/quoted.ts';
import { isTurnOfItsOwn, reviewComments, type ReviewComment } from '../reviews.ts';
import type { ReviewPayload } from './payloads.ts';
import { pullPlace } from './pull-request.ts';

export async function reviewSubmitted(edge: Edge, payload: ReviewPayload): Promise<void> {
  const { review, sender, pull_request: pull } = payload;
  const place = pullPlace(payload);
  if (!isHeard(edge, sender)) return;
  const site = await edge.comments.site(threadRef(place));
  const comments = await reviewComments(site, review.id);
  if (!isTurnOfItsOwn(review.body, comments)) return;
  const body = review.body ?? '';
  const isFor = (text: string): boolean =>
    findMentions(visibleText(text), edge.identity.names).length > 0;
  const mentioned = [body, ...comments.map((each) => each.body)].filter(isFor);
  const [first] = mentioned;
  if (first === undefined) return;
  const at = edge.clock.now();
  await hear(edge, {
    place,
    title: pull.title,
    by: sender,
    deliveryId: `review:${review.id}`,
    subject: null,
    text: isFor(body) ? body : `${body}\n\n${first}`.trim(),
    context: async (since) => [
      ...(await threadContext(edge, { place, since, until: at, except: null })),
      ...commentBlocks(comments, review.id),
    ],
    at,
  });
}

/** By the one who asks, so these are part of what is asked. */
function commentBlocks(comments: readonly ReviewComment[], reviewId: number): ContentBlock[] {
  if (comments.length === 0) return [];
  const text = comments
    .map(({ path, line, diffHunk, body }) => {
      const where = line === null ? path : `${path}:${line}`;
      return `${where}\n${quoted(diffHunk)}\n${visibleOnly(body)}`;
    })
    .join('\n\n---\n\n');
  const head = `The review has ${comments.length} comments on the changes; do what each asks.`;
  return [resource(`github:review/${reviewId}`, `${head}\n\n${text}`)];
}
