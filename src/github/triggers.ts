/**
 * What a turn was asked for with: a comment, or the text of an issue. Remembered while the process
 * lives; afterwards found again by the prompt's id, which comes from the comment's.
 */
import { createHash } from 'node:crypto';
import { promptIdOfDelivery } from '../core/inbound/context.ts';
import { keepNewest } from '../core/platforms/keep-newest.ts';
import { SURFACE } from './address.ts';
import type { Site } from './client/comments.ts';

/** `ic:<id>` a comment, `rc:<id>` a comment of a review, `is:<number>` the issue or pull request. */
export type Subject = string;

export interface Triggers {
  /** Gives the prompt's id. */
  remember(deliveryId: string, subject: Subject): Promise<string>;
  /**
   * `since`: when the prompt was queued. Null: it came from elsewhere; with `superseded` also when
   * an edit of the text took its place.
   */
  find(site: Site, promptId: string, since: number, superseded: boolean): Promise<Subject | null>;
}

/** The delivery id of what somebody made of a text of theirs: dates have whole seconds, so the text counts. */
export function editedId(of: string, editedAt: string, text: string): string {
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  return `${of}@${editedAt}:${digest}`;
}

const KEPT = 10_000;
/** Our own clock and delays of deliveries. */
const BEFORE_MS = 3_600_000;

export function createTriggers(): Triggers {
  const known = new Map<string, Subject>();
  /** An edit took the place of the prompt before it, whose end says nothing of the text. */
  const newest = new Map<Subject, string>();
  return {
    remember: async (deliveryId, subject) => {
      const promptId = await promptIdOfDelivery(SURFACE, deliveryId);
      keepNewest(known, promptId, subject, KEPT);
      keepNewest(newest, subject, promptId, KEPT);
      return promptId;
    },
    find: async (site, promptId, since, superseded) => {
      const subject = known.get(promptId) ?? (await search(site, promptId, since));
      if (subject === null || !superseded) return subject;
      return (newest.get(subject) ?? promptId) === promptId ? subject : null;
    },
  };
}

async function search(site: Site, promptId: string, since: number): Promise<Subject | null> {
  const { octokit, name, place } = site;
  const range = { since: new Date(since - BEFORE_MS).toISOString(), per_page: 100 };
  if (place.reviewThread !== null) {
    const target = { ...name, pull_number: place.number, ...range };
    const { data } = await octokit.rest.pulls.listReviewComments(target);
    return match(
      data.map((each) => ({ ...each, subject: `rc:${each.id}` })),
      promptId,
    );
  }
  const { data } = await octokit.rest.issues.listComments({
    ...name,
    issue_number: place.number,
    ...range,
  });
  return match(
    data.map((each) => ({ ...each, subject: `ic:${each.id}` })),
    promptId,
  );
}

interface Candidate {
  readonly subject: Subject;
  readonly updated_at: string;
  readonly body?: string | undefined;
}

/** By the id of the text as it was written, or as it was edited last. */
async function match(written: readonly Candidate[], promptId: string): Promise<Subject | null> {
  for (const { subject, updated_at: editedAt, body = '' } of written) {
    for (const id of [subject, editedId(subject, editedAt, body)]) {
      if ((await promptIdOfDelivery(SURFACE, id)) === promptId) return subject;
    }
  }
  return null;
}
