/** Reviews and their comments. */
import type { Site } from './client/comments.ts';

/** What texts have in common, in payloads and in answers of the API. */
export interface Written {
  readonly id: number;
  readonly body?: string | null | undefined;
  readonly created_at: string;
  readonly performed_via_github_app?: { readonly id: number } | null | undefined;
}

export interface ReviewCommentWritten extends Written {
  readonly in_reply_to_id?: number | undefined;
  readonly path: string;
  readonly line?: number | null | undefined;
  readonly diff_hunk?: string | undefined;
}

export interface ReviewComment {
  readonly id: number;
  readonly body: string;
  readonly path: string;
  readonly line: number | null;
  readonly diffHunk: string;
  readonly isReply: boolean;
}

export async function reviewComments(
  { octokit, name, place }: Site,
  reviewId: number,
): Promise<readonly ReviewComment[]> {
  const list = await octokit.paginate(octokit.rest.pulls.listCommentsForReview, {
    ...name,
    pull_number: place.number,
    review_id: reviewId,
    per_page: 100,
  });
  return list.map((each) => ({
    id: each.id,
    body: each.body,
    path: each.path,
    line: each.line ?? null,
    diffHunk: each.diff_hunk,
    isReply: each.in_reply_to_id !== undefined,
  }));
}

/** Otherwise each of its comments is heard by itself, in its own thread. */
export function isTurnOfItsOwn(
  body: string | null | undefined,
  comments: readonly Pick<ReviewComment, 'isReply'>[],
): boolean {
  if ((body ?? '').trim() !== '') return true;
  return comments.filter(({ isReply }) => !isReply).length > 1;
}
