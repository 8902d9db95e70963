/**
 * What a turn was asked for with: a comment, or the text of an issue. Remembered while the process
 * lives; afterwards found again by the prompt's id, which comes from the comment's.
 */
import { promptIdOfDelivery } from '../core/inbound/context.ts';
import { SURFACE } from './address.ts';
import type { Site } from './client/comments.ts';

/** `ic:<id>` a comment, `rc:<id>` a comment of a review, `is:<number>` the issue or pull request. */
export type Subject = string;

export interface Triggers {
  /** Gives the prompt's id. */
  remember(deliveryId: string, subject: Subject): Promise<string>;
  /** `since`: when the prompt was queued. Null: it came from elsewhere. */
  find(site: Site, promptId: string, since: number): Promise<Subject | null>;
}

const KEPT = 10_000;
/** Our own clock and delays of deliveries. */
const BEFORE_MS = 3_600_000;

export function createTriggers(): Triggers {
  const known = new Map<string, Subject>();
  return {
    remember: async (deliveryId, subject) => {
      const promptId = await promptIdOfDelivery(SURFACE, deliveryId);
      if (known.size >= KEPT) known.clear();
      known.set(promptId, subject);
      return promptId;
    },
    find: async (site, promptId, since) => known.get(promptId) ?? search(site, promptId, since),
  };
}

async function search(site: Site, promptId: string, since: number): Promise<Subject | null> {
  const { octokit, name, place } = site;
  const range = { since: new Date(since - BEFORE_MS).toISOString(), per_page: 100 };
  if (place.reviewThread !== null) {
    const target = { ...name, pull_number: place.number, ...range };
    const { data } = await octokit.rest.pulls.listReviewComments(target);
    return match(
      data.map(({ id }) => `rc:${id}`),
      promptId,
    );
  }
  const { data } = await octokit.rest.issues.listComments({
    ...name,
    issue_number: place.number,
    ...range,
  });
  return match(
    data.map(({ id }) => `ic:${id}`),
    promptId,
  );
}

async function match(subjects: readonly Subject[], promptId: string): Promise<Subject | null> {
  for (const subject of subjects) {
    if ((await promptIdOfDelivery(SURFACE, subject)) === promptId) return subject;
  }
  return null;
}
