/**
 * Every event that we listen to, one line each. What is not here is taken and does nothing; `app.yml`
 * subscribes exactly these.
 */
import type { z } from 'zod';
import type { Delivery } from '../../core/ports/deliveries.ts';
import { isNotFound, messageOf } from '../client/failures.ts';
import type { Edge } from '../deps.ts';
import { threadClosed, threadReopened } from '../ends.ts';
import { actionRequested } from './check-run.ts';
import { installationChanged } from './installation.ts';
import { commentCreated, commentDeleted, commentEdited } from './issue-comment.ts';
import { issueEdited, issueLabeled, issueOpened, issuePlace } from './issues.ts';
import {
  checkRunSchema,
  installationSchema,
  issueCommentSchema,
  issuesSchema,
  laneSchema,
  pullRequestSchema,
  reviewCommentSchema,
  reviewSchema,
} from './payloads.ts';
import { pullEdited, pullLabeled, pullOpened, pullPlace } from './pull-request.ts';
import { reviewSubmitted } from './review.ts';
import {
  reviewCommentCreated,
  reviewCommentDeleted,
  reviewCommentEdited,
} from './review-comment.ts';

type Handle = (edge: Edge, payload: unknown, delivery: string) => Promise<void>;

/** A payload that does not have what we read (no installation, say) is none of ours. */
function on<T>(
  schema: z.ZodType<T>,
  handle: (edge: Edge, payload: T, delivery: string) => Promise<void>,
): Handle {
  return async (edge, payload, delivery) => {
    const parsed = schema.safeParse(payload);
    if (parsed.success) await handle(edge, parsed.data, delivery);
    else edge.logger.debug({ delivery }, 'a delivery has not what we read; it is passed over');
  };
}

export const EVENTS: Readonly<Record<string, Handle>> = {
  'issue_comment.created': on(issueCommentSchema, commentCreated),
  'issue_comment.edited': on(issueCommentSchema, commentEdited),
  'issue_comment.deleted': on(issueCommentSchema, commentDeleted),
  'issues.opened': on(issuesSchema, issueOpened),
  'issues.edited': on(issuesSchema, issueEdited),
  'issues.labeled': on(issuesSchema, issueLabeled),
  'issues.closed': on(issuesSchema, (edge, p) => threadClosed(edge, issuePlace(p), p.sender)),
  'issues.reopened': on(issuesSchema, (edge, p) => threadReopened(edge, issuePlace(p), p.sender)),
  'pull_request.opened': on(pullRequestSchema, pullOpened),
  'pull_request.edited': on(pullRequestSchema, pullEdited),
  'pull_request.labeled': on(pullRequestSchema, pullLabeled),
  'pull_request.closed': on(pullRequestSchema, (edge, p) =>
    threadClosed(edge, pullPlace(p), p.sender),
  ),
  'pull_request.reopened': on(pullRequestSchema, (edge, p) =>
    threadReopened(edge, pullPlace(p), p.sender),
  ),
  'pull_request_review.submitted': on(reviewSchema, reviewSubmitted),
  'pull_request_review_comment.created': on(reviewCommentSchema, reviewCommentCreated),
  'pull_request_review_comment.edited': on(reviewCommentSchema, reviewCommentEdited),
  'pull_request_review_comment.deleted': on(reviewCommentSchema, reviewCommentDeleted),
  'installation.created': on(installationSchema, installationChanged),
  'installation.deleted': on(installationSchema, installationChanged),
  'installation_repositories.added': on(installationSchema, installationChanged),
  'installation_repositories.removed': on(installationSchema, installationChanged),
  'check_run.requested_action': on(checkRunSchema, actionRequested),
};

/** Names of repositories are learnt from every payload, so those events need no more than this. */
export async function handleDelivery(edge: Edge, delivery: Delivery): Promise<void> {
  const payload: unknown = JSON.parse(delivery.body);
  const repository = laneSchema.safeParse(payload).data?.repository;
  if (repository) edge.repositories.learn(repository.id, repository.full_name);
  const action =
    typeof payload === 'object' && payload !== null && 'action' in payload ? payload.action : '';
  try {
    await EVENTS[`${delivery.event}.${String(action)}`]?.(edge, payload, delivery.id);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const fields = { delivery: delivery.id, event: delivery.event, reason: messageOf(error) };
    edge.logger.info(fields, 'what a delivery is about is gone, or hidden from us');
  }
}

/** Deliveries of one thread are worked off in order; a review thread belongs to its pull request. */
export function laneOf({ body }: Delivery): string {
  const {
    repository,
    issue,
    pull_request: pull,
  } = laneSchema.safeParse(JSON.parse(body)).data ?? {};
  const number = issue?.number ?? pull?.number;
  return `${repository?.id ?? 'none'}/${number ?? 'none'}`;
}
