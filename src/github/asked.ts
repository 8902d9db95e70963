/**
 * The texts in which somebody can ask for something, each as what is heard: from a payload, or read
 * again from GitHub by the id that it has as a delivery.
 */
import { findMentions } from '../core/commands/mention.ts';
import { visibleText } from '../core/commands/visible.ts';
import { threadRef, type Place } from './address.ts';
import { isNotFound } from './client/failures.ts';
import type { Edge } from './deps.ts';
import type { Heard } from './heard.ts';
import { reviewContext, reviewThreadContext, threadContext } from './prompts/context.ts';
import {
  isTurnOfItsOwn,
  reviewComments,
  type ReviewComment,
  type ReviewCommentWritten,
  type Written,
} from './reviews.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

/** Where a text stands, and who wrote it. */
export interface By {
  readonly place: Place;
  readonly title: string;
  readonly by: GitHubUser;
}

const via = (by: GitHubUser, { performed_via_github_app: app }: Written): GitHubUser =>
  app ? { ...by, appId: app.id } : by;

export function ofComment(edge: Edge, { place, title, by }: By, written: Written): Heard {
  const { id, body, created_at: createdAt } = written;
  const until = Date.parse(createdAt);
  return {
    place,
    title,
    by: via(by, written),
    deliveryId: `ic:${id}`,
    subject: `ic:${id}`,
    text: body ?? '',
    context: (since) => threadContext(edge, { place, since, until, except: id }),
    at: until,
  };
}

/** The text that an issue or a pull request was opened with. */
export function ofOpening(edge: Edge, { place, title, by }: By, written: Written): Heard {
  const until = Date.parse(written.created_at);
  return {
    place,
    title,
    by: via(by, written),
    deliveryId: `${place.kind}:${written.id}`,
    subject: `is:${place.number}`,
    text: written.body ?? '',
    context: (since) => threadContext(edge, { place, since, until, except: null }),
    at: until,
  };
}

/** A comment on a line, in the review thread that it begins or belongs to. */
export function ofReviewComment(
  edge: Edge,
  { place: conversation, title, by }: By,
  written: ReviewCommentWritten,
): Heard {
  const place: Place = { ...conversation, reviewThread: written.in_reply_to_id ?? written.id };
  const until = Date.parse(written.created_at);
  return {
    place,
    title,
    by: via(by, written),
    deliveryId: `rc:${written.id}`,
    subject: `rc:${written.id}`,
    text: written.body ?? '',
    context: (since) => reviewThreadContext(edge, { place, since, until, written }),
    at: until,
  };
}

/** A review with all its comments; undefined: it is not for us, or each comment is heard by itself. */
export function ofReview(
  edge: Edge,
  { place, title, by }: By,
  review: Pick<Written, 'id' | 'body'> & { readonly submitted_at?: string | null | undefined },
  comments: readonly ReviewComment[],
): Heard | undefined {
  if (!isTurnOfItsOwn(review.body, comments)) return undefined;
  const isFor = (text: string): boolean =>
    findMentions(visibleText(text), edge.identity.names).length > 0;
  const body = review.body ?? '';
  const [first] = [body, ...comments.map((each) => each.body)].filter(isFor);
  if (first === undefined) return undefined;
  const at = Date.parse(review.submitted_at ?? '') || edge.clock.now();
  return {
    place,
    title,
    by,
    deliveryId: `review:${review.id}`,
    subject: null,
    text: isFor(body) ? body : `${body}\n\n${first}`.trim(),
    context: (since) => reviewContext(edge, { place, since, until: at, id: review.id, comments }),
    at,
  };
}

/** As it reads now; undefined when it is gone, or nobody's any more. */
export async function askedAgain(
  edge: Edge,
  { place, title }: Omit<By, 'by'>,
  deliveryId: string,
): Promise<Heard | undefined> {
  try {
    return await read(edge, { place, title }, deliveryId);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function read(
  edge: Edge,
  at: Omit<By, 'by'>,
  deliveryId: string,
): Promise<Heard | undefined> {
  const site = await edge.comments.site(threadRef(at.place));
  const { octokit, name, place } = site;
  const [kind = '', number = ''] = deliveryId.split(':');
  const id = Number(number);
  const { issues, pulls } = octokit.rest;
  switch (kind) {
    case 'ic': {
      const { data } = await issues.getComment({ ...name, comment_id: id });
      return data.user ? ofComment(edge, { ...at, by: data.user }, data) : undefined;
    }
    case 'rc': {
      const { data } = await pulls.getReviewComment({ ...name, comment_id: id });
      return ofReviewComment(edge, { ...at, by: data.user }, data);
    }
    case 'issue':
    case 'pull': {
      const { data } = await issues.get({ ...name, issue_number: place.number });
      return data.user ? ofOpening(edge, { ...at, by: data.user }, { ...data, id }) : undefined;
    }
    case 'review': {
      const target = { ...name, pull_number: place.number, review_id: id };
      const { data } = await pulls.getReview(target);
      const comments = await reviewComments(site, id);
      return data.user ? ofReview(edge, { ...at, by: data.user }, data, comments) : undefined;
    }
    default:
      return undefined;
  }
}
