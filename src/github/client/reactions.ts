/** Reactions of ours. Doing one twice is harmless: GitHub keeps one of each kind. */
import { createBudget, type Budget } from '../../core/outbox/budget.ts';
import { PRIORITY } from '../../core/model/message.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Reaction } from '../renderers/render.ts';
import type { Subject } from '../triggers.ts';
import { threadRef, type Place } from '../address.ts';
import type { Comments, Site } from './comments.ts';
import { messageOf } from './failures.ts';

export async function react(
  { octokit, name }: Site,
  subject: Subject,
  content: Reaction,
  signal?: AbortSignal,
): Promise<void> {
  const [kind, number] = subject.split(':');
  const id = Number(number);
  const base = { ...name, content, request: { signal } };
  if (kind === 'rc') {
    await octokit.rest.reactions.createForPullRequestReviewComment({ ...base, comment_id: id });
  } else if (kind === 'is') {
    await octokit.rest.reactions.createForIssue({ ...base, issue_number: id });
  } else await octokit.rest.reactions.createForIssueComment({ ...base, comment_id: id });
}

/** Its own small share of an installation's calls: it must not wait, and nothing depends on it. */
const SEEN_BUDGET = { burst: 10, perMinute: 0.5 } as const;

/** Never rejects. */
export type ShowSeen = (place: Place, subject: Subject) => Promise<void>;

/** 👀, at once or not at all: a message that was taken must not fail for want of a reaction. */
export function createShowSeen(deps: {
  readonly comments: Pick<Comments, 'site'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): ShowSeen {
  const budgets = new Map<number, Budget>();
  return async (place, subject) => {
    const { installationId } = place;
    const budget = budgets.get(installationId) ?? createBudget(SEEN_BUDGET, deps.clock);
    budgets.set(installationId, budget);
    if (budget.wait(PRIORITY.permission) > 0) return;
    budget.take();
    try {
      await react(await deps.comments.site(threadRef(place)), subject, 'eyes');
    } catch (error) {
      deps.logger.warn({ reason: messageOf(error), subject }, 'a reaction could not be made');
    }
  };
}
