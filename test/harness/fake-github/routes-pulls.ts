/** Pull requests: their diff and files, reviews, and comments on lines with their replies. */
import type { Actions } from './actions.ts';
import type { JsonViews } from './json.ts';
import { ApiError, invalid, notFound } from './model.ts';
import type { Json, PullFile, PullIssue, Review, ReviewComment, ReviewState } from './model.ts';
import type { LineComment, PullActions } from './pull-actions.ts';
import { actorOf, byId, isPull, pullOf, repoOf, text, textOrNull } from './router.ts';
import type { Request, Route } from './router.ts';

const READ = ['pull_requests:read'];
const WRITE = ['pull_requests:write'];

const STATES: Readonly<Record<string, ReviewState>> = {
  APPROVE: 'approved',
  REQUEST_CHANGES: 'changes_requested',
  COMMENT: 'commented',
};

export function diffOf(files: readonly PullFile[]): string {
  return files
    .map(({ filename, status, patch }) => {
      const from = status === 'added' ? '/dev/null' : `a/${filename}`;
      const to = status === 'removed' ? '/dev/null' : `b/${filename}`;
      return `diff --git a/${filename} b/${filename}\n--- ${from}\n+++ ${to}\n${patch}\n`;
    })
    .join('');
}

function fileJson(file: PullFile): Json {
  const lines = file.patch.split('\n');
  const additions = lines.filter((line) => line.startsWith('+')).length;
  const deletions = lines.filter((line) => line.startsWith('-')).length;
  return { ...file, additions, deletions, changes: additions + deletions };
}

function commentOf(request: Request): ReviewComment {
  return byId(request, request.world.reviewComments, 'comment_id', (one) => one.issue.repo);
}

function reviewOf(request: Request): Review {
  const pull = pullOf(request);
  const id = Number(request.params['review_id']);
  const found = request.world.reviews.find((one) => one.issue === pull && one.id === id);
  if (found === undefined) throw notFound();
  return found;
}

function lineComment(value: unknown): LineComment {
  const given: Json = typeof value === 'object' && value !== null ? { ...value } : {};
  const { path, line, body } = given;
  if (typeof path !== 'string' || typeof line !== 'number' || typeof body !== 'string') {
    throw invalid('PullRequestReviewComment', 'line', 'path, line and body are needed');
  }
  return { path, line, body };
}

/** The API writes the state of a review in capitals, webhooks do not. */
const apiReview = (views: JsonViews, review: Review): Json => ({
  ...views.review(review),
  state: review.state.toUpperCase(),
});

function openPull(request: Request, actions: Actions): PullIssue {
  const repo = repoOf(request);
  const head = text(request, 'head').split(':').at(-1) ?? '';
  const base = text(request, 'base');
  const same = request.world.issues.some(
    ({ pull, repo: where, state }) => where === repo && state === 'open' && pull?.head.ref === head,
  );
  if (same) {
    throw invalid('PullRequest', 'head', `A pull request already exists for ${head}.`);
  }
  if (head === base) {
    throw invalid('PullRequest', 'head', `No commits between ${base} and ${head}`);
  }
  return actions.openPull(actorOf(request), repo, {
    title: text(request, 'title'),
    body: textOrNull(request, 'body'),
    head,
    base,
    draft: request.body['draft'] === true,
  });
}

function pullRoutesThemselves(views: JsonViews, actions: Actions): Route[] {
  const list = '/repos/{owner}/{repo}/pulls';
  const one = `${list}/{pull_number}`;
  return [
    {
      method: 'GET',
      path: list,
      op: 'pulls/list',
      who: 'installation',
      needs: READ,
      run: (request) => {
        const repo = repoOf(request);
        const state = request.query.get('state') ?? 'open';
        const head = request.query.get('head');
        const found = request.world.issues
          .filter(isPull)
          .filter((pull) => pull.repo === repo && (state === 'all' || pull.state === state))
          .filter(({ pull }) => {
            const label = `${pull.head.repo.owner.login}:${pull.head.ref}`;
            return head === null || label === head;
          });
        return request.page(found.map(views.pull));
      },
    },
    {
      method: 'POST',
      path: list,
      op: 'pulls/create',
      who: 'installation',
      needs: WRITE,
      content: true,
      run: (request) => ({ status: 201, body: views.pull(openPull(request, actions)) }),
    },
    {
      method: 'GET',
      path: one,
      op: 'pulls/get',
      who: 'installation',
      needs: READ,
      run: (request) => {
        const issue = pullOf(request);
        return /\bdiff\b/.test(request.accept)
          ? { status: 200, text: diffOf(issue.pull.files) }
          : { status: 200, body: views.pull(issue) };
      },
    },
    {
      method: 'PATCH',
      path: one,
      op: 'pulls/update',
      who: 'installation',
      needs: WRITE,
      run: (request) => {
        const issue = pullOf(request);
        const actor = actorOf(request);
        const { title, body, state } = request.body;
        actions.editIssue(actor, issue, {
          title: typeof title === 'string' ? title : undefined,
          body: typeof body === 'string' ? body : undefined,
        });
        if (state === 'closed') actions.close(actor, issue);
        if (state === 'open') actions.reopen(actor, issue);
        return { status: 200, body: views.pull(issue) };
      },
    },
    {
      method: 'GET',
      path: `${one}/files`,
      op: 'pulls/list-files',
      who: 'installation',
      needs: READ,
      run: (request) => request.page(pullOf(request).pull.files.map(fileJson)),
    },
  ];
}

function commentRoutes(views: JsonViews, pulls: PullActions): Route[] {
  const list = '/repos/{owner}/{repo}/pulls/{pull_number}/comments';
  const one = '/repos/{owner}/{repo}/pulls/comments/{comment_id}';
  return [
    {
      method: 'GET',
      path: list,
      op: 'pulls/list-review-comments',
      who: 'installation',
      needs: READ,
      run: (request) => {
        const issue = pullOf(request);
        const found = request.world.reviewComments.filter(
          (comment) => comment.issue === issue && !comment.deleted,
        );
        return request.page(found.map(views.reviewComment));
      },
    },
    {
      method: 'POST',
      path: list,
      op: 'pulls/create-review-comment',
      who: 'installation',
      needs: WRITE,
      content: true,
      run: (request) => {
        const issue = pullOf(request);
        const made = pulls.reviewComment(actorOf(request), issue, lineComment(request.body));
        return { status: 201, body: views.reviewComment(made) };
      },
    },
    {
      method: 'POST',
      path: `${list}/{comment_id}/replies`,
      op: 'pulls/create-reply-for-review-comment',
      who: 'installation',
      needs: WRITE,
      content: true,
      run: (request) => {
        const to = commentOf(request);
        if (to.issue !== pullOf(request)) throw notFound();
        // The real one refuses this; only the first comment of a thread takes replies.
        if (to.inReplyTo !== null) throw new ApiError(422, 'Replies to replies are not supported');
        const made = pulls.reply(actorOf(request), to, text(request, 'body'));
        return { status: 201, body: views.reviewComment(made) };
      },
    },
    {
      method: 'GET',
      path: one,
      op: 'pulls/get-review-comment',
      who: 'installation',
      needs: READ,
      run: (request) => ({ status: 200, body: views.reviewComment(commentOf(request)) }),
    },
    {
      method: 'PATCH',
      path: one,
      op: 'pulls/update-review-comment',
      who: 'installation',
      needs: WRITE,
      content: true,
      run: (request) => {
        const comment = commentOf(request);
        pulls.editReviewComment(actorOf(request), comment, text(request, 'body'));
        return { status: 200, body: views.reviewComment(comment) };
      },
    },
    {
      method: 'DELETE',
      path: one,
      op: 'pulls/delete-review-comment',
      who: 'installation',
      needs: WRITE,
      run: (request) => {
        pulls.deleteReviewComment(actorOf(request), commentOf(request));
        return { status: 204 };
      },
    },
  ];
}

function reviewRoutes(views: JsonViews, pulls: PullActions): Route[] {
  const list = '/repos/{owner}/{repo}/pulls/{pull_number}/reviews';
  return [
    {
      method: 'GET',
      path: list,
      op: 'pulls/list-reviews',
      who: 'installation',
      needs: READ,
      run: (request) => {
        const issue = pullOf(request);
        const found = request.world.reviews.filter((review) => review.issue === issue);
        return request.page(found.map((review) => apiReview(views, review)));
      },
    },
    {
      method: 'GET',
      path: `${list}/{review_id}`,
      op: 'pulls/get-review',
      who: 'installation',
      needs: READ,
      run: (request) => ({ status: 200, body: apiReview(views, reviewOf(request)) }),
    },
    {
      method: 'GET',
      path: `${list}/{review_id}/comments`,
      op: 'pulls/list-comments-for-review',
      who: 'installation',
      needs: READ,
      run: (request) => {
        const review = reviewOf(request);
        const found = request.world.reviewComments.filter(
          (comment) => comment.review === review && !comment.deleted,
        );
        return request.page(found.map(views.reviewComment));
      },
    },
    {
      method: 'POST',
      path: list,
      op: 'pulls/create-review',
      who: 'installation',
      needs: WRITE,
      content: true,
      run: (request) => {
        const { event, comments } = request.body;
        const state = STATES[String(event)];
        if (state === undefined) throw invalid('PullRequestReview', 'event', 'is needed');
        const review = pulls.review(actorOf(request), pullOf(request), {
          state,
          body: textOrNull(request, 'body'),
          comments: Array.isArray(comments) ? comments.map(lineComment) : [],
        });
        return { status: 200, body: apiReview(views, review) };
      },
    },
  ];
}

export function pullRoutes(views: JsonViews, actions: Actions, pulls: PullActions): Route[] {
  return [
    ...pullRoutesThemselves(views, actions),
    ...commentRoutes(views, pulls),
    ...reviewRoutes(views, pulls),
  ];
}
