/**
 * Addresses on GitHub, made of ids that never change: installation, repository id, number of the
 * issue or pull request, and for a review thread the id of the comment that began it.
 */
import type { ThreadRef } from '../core/model/thread.ts';

export const SURFACE = 'github';

export interface Place {
  readonly installationId: number;
  readonly repositoryId: number;
  readonly kind: 'issue' | 'pull';
  readonly number: number;
  /** Id of the first comment of a review thread; null: the conversation itself. */
  readonly reviewThread: number | null;
}

export function threadRef(place: Place): ThreadRef {
  const { repositoryId, kind, number, reviewThread } = place;
  const base = `${repositoryId}/${kind}/${number}`;
  const key = reviewThread === null ? base : `${base}/review/${reviewThread}`;
  return { surface: SURFACE, account: String(place.installationId), key };
}

const KEY = /^(\d+)\/(issue|pull)\/(\d+)(?:\/review\/(\d+))?$/;

/** Undefined for what this version did not make. */
export function placeOf(thread: ThreadRef): Place | undefined {
  const [, repositoryId, kind, number, reviewThread] = KEY.exec(thread.key) ?? [];
  const installationId = Number(thread.account);
  if (thread.surface !== SURFACE || repositoryId === undefined || !(installationId > 0)) {
    return undefined;
  }
  return {
    installationId,
    repositoryId: Number(repositoryId),
    kind: kind === 'pull' ? 'pull' : 'issue',
    number: Number(number),
    reviewThread: reviewThread === undefined ? null : Number(reviewThread),
  };
}
