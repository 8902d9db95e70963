/**
 * Reviews and check runs. As on GitHub, a single comment on a line and a reply each come in a
 * review of their own with no text, so every one of them is told twice: as a review and as a
 * comment.
 */
import type { Actions } from './actions.ts';
import { checkBody } from './actions.ts';
import type { JsonViews } from './json.ts';
import { ApiError, invalid } from './model.ts';
import type {
  CheckRun,
  Json,
  PullFile,
  PullIssue,
  Repo,
  Review,
  ReviewComment,
  ReviewState,
  User,
} from './model.ts';
import type { World } from './world.ts';

export interface LineComment {
  readonly path: string;
  readonly line: number;
  readonly body: string;
}

export interface ReviewOptions {
  readonly state: ReviewState;
  readonly body?: string | null;
  readonly comments?: readonly LineComment[];
}

export interface PullActions {
  push(actor: User, issue: PullIssue, files: readonly PullFile[]): void;
  review(actor: User, issue: PullIssue, options: ReviewOptions): Review;
  reviewComment(actor: User, issue: PullIssue, options: LineComment): ReviewComment;
  reply(actor: User, to: ReviewComment, body: string): ReviewComment;
  editReviewComment(actor: User, comment: ReviewComment, body: string): void;
  deleteReviewComment(actor: User, comment: ReviewComment): void;
  createCheckRun(repo: Repo, fields: Json): CheckRun;
  updateCheckRun(run: CheckRun, fields: Json): void;
}

/** Longest summary and text of a check run. */
export const MAX_CHECK_TEXT = 65_535;
const ACTION_LIMITS = { label: 20, description: 40, identifier: 20 };

/** The part of the patch around a line, as a review comment quotes it. */
function hunkOf(issue: PullIssue, path: string, line: number): string {
  const file = issue.pull.files.find(({ filename }) => filename === path);
  if (file === undefined) throw invalid('PullRequestReviewComment', 'path', 'is not in the diff');
  const hunks = file.patch.split(/^(?=@@ )/m);
  const around = hunks.find((hunk) => {
    const [, start = '', count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(hunk) ?? [];
    return line >= Number(start) && line < Number(start) + Number(count);
  });
  if (around === undefined) {
    throw invalid('PullRequestReviewComment', 'line', 'must be part of the diff');
  }
  return around.trimEnd();
}

function checkOutput(output: unknown): Json | undefined {
  if (typeof output !== 'object' || output === null) return undefined;
  const made: Json = { ...output };
  for (const name of ['summary', 'text']) {
    const value = made[name];
    if (typeof value === 'string' && value.length > MAX_CHECK_TEXT) {
      throw invalid('CheckRun', name, `Only ${MAX_CHECK_TEXT} characters are allowed`);
    }
  }
  return made;
}

function checkActions(value: unknown): CheckRun['actions'] | undefined {
  if (!Array.isArray(value)) return undefined;
  if (value.length > 3) throw invalid('CheckRun', 'actions', 'No more than 3 actions');
  return value.map((action: Readonly<Record<string, unknown>>) => {
    const field = (name: keyof typeof ACTION_LIMITS): string => {
      const text = action[name];
      const most = ACTION_LIMITS[name];
      if (typeof text !== 'string' || text === '' || text.length > most) {
        throw invalid('CheckRun', `actions.${name}`, `1 to ${most} characters`);
      }
      return text;
    };
    return {
      label: field('label'),
      description: field('description'),
      identifier: field('identifier'),
    };
  });
}

export function createPullActions(
  world: World,
  views: JsonViews,
  tell: Actions['tell'],
): PullActions {
  const { clock } = world;

  const submit = (
    actor: User,
    issue: PullIssue,
    options: Omit<ReviewOptions, 'comments'>,
    comments: readonly (LineComment & { readonly inReplyTo?: ReviewComment })[],
  ): { review: Review; made: readonly ReviewComment[] } => {
    checkBody('PullRequestReview', options.body ?? null, true);
    for (const { body } of comments) checkBody('PullRequestReviewComment', body);
    const review: Review = {
      id: world.id('review'),
      issue,
      author: actor,
      state: options.state,
      body: options.body ?? null,
      submittedAt: clock.now(),
      commitId: issue.pull.head.sha,
    };
    const made = comments.map(({ path, line, body, inReplyTo }): ReviewComment => {
      const diffHunk = inReplyTo?.diffHunk ?? hunkOf(issue, path, line);
      return {
        id: world.id('reviewComment'),
        issue,
        review,
        author: actor,
        path,
        line,
        diffHunk,
        inReplyTo: inReplyTo ?? null,
        createdAt: clock.now(),
        body,
        updatedAt: clock.now(),
        deleted: false,
      };
    });
    world.reviews.push(review);
    world.reviewComments.push(...made);
    for (const comment of made) tellComment('created', actor, comment);
    tell('pull_request_review', 'submitted', issue.repo, actor, {
      review: views.review(review),
      pull_request: views.pullOfReview(issue),
    });
    return { review, made };
  };

  const tellComment = (
    action: string,
    actor: User,
    comment: ReviewComment,
    more: Json = {},
  ): void => {
    tell('pull_request_review_comment', action, comment.issue.repo, actor, {
      ...more,
      comment: views.reviewComment(comment),
      pull_request: views.pullOfReview(comment.issue),
    });
  };

  const only = (made: readonly ReviewComment[]): ReviewComment => {
    const [comment] = made;
    if (comment === undefined) throw new Error('a review without its comment');
    return comment;
  };

  const apply = (run: CheckRun, fields: Json): void => {
    const { name, status, conclusion, external_id: externalId, details_url: url } = fields;
    const output = checkOutput(fields['output']);
    const actions = checkActions(fields['actions']);
    if (status === 'completed' && typeof conclusion !== 'string' && run.conclusion === null) {
      throw invalid('CheckRun', 'conclusion', 'is needed when the status is completed');
    }
    if (typeof name === 'string') run.name = name;
    if (typeof externalId === 'string') run.externalId = externalId;
    if (typeof url === 'string') run.detailsUrl = url;
    if (output !== undefined) run.output = { ...run.output, ...output };
    if (actions !== undefined) run.actions = actions;
    if (typeof status === 'string') run.status = status;
    if (status === 'queued' || status === 'in_progress') run.conclusion = null;
    if (typeof conclusion === 'string') {
      run.conclusion = conclusion;
      run.status = 'completed';
      run.completedAt = clock.now();
    }
  };

  const tellRun = (action: string, run: CheckRun): void => {
    tell('check_run', action, run.repo, world.app.bot, { check_run: views.checkRun(run) });
  };

  return {
    push: (actor, issue, files) => {
      const before = issue.pull.head.sha;
      issue.pull.head.sha = world.sha();
      issue.pull.files = files;
      tell('pull_request', 'synchronize', issue.repo, actor, {
        number: issue.number,
        pull_request: views.pull(issue),
        before,
        after: issue.pull.head.sha,
      });
    },
    review: (actor, issue, options) => submit(actor, issue, options, options.comments ?? []).review,
    reviewComment: (actor, issue, options) =>
      only(submit(actor, issue, { state: 'commented' }, [options]).made),
    reply: (actor, to, body) => {
      // A thread has one level: a reply to a reply hangs on the first comment.
      const first = to.inReplyTo ?? to;
      const { path, line } = first;
      const comment = { path, line, body, inReplyTo: first };
      return only(submit(actor, to.issue, { state: 'commented' }, [comment]).made);
    },
    editReviewComment: (actor, comment, body) => {
      checkBody('PullRequestReviewComment', body);
      const from = comment.body;
      comment.body = body;
      comment.updatedAt = clock.now();
      if (from !== body) tellComment('edited', actor, comment, { changes: { body: { from } } });
    },
    deleteReviewComment: (actor, comment) => {
      comment.deleted = true;
      tellComment('deleted', actor, comment);
    },
    createCheckRun: (repo, fields) => {
      const { name, head_sha: headSha } = fields;
      if (typeof name !== 'string' || typeof headSha !== 'string') {
        throw new ApiError(422, 'Invalid request: name and head_sha are needed');
      }
      const known = world.issues.some(
        ({ pull, repo: where }) => where === repo && pull?.head.sha === headSha,
      );
      if (!known) throw invalid('CheckRun', 'head_sha', `No commit found for SHA: ${headSha}`);
      const run: CheckRun = {
        id: world.id('checkRun'),
        repo,
        headSha,
        createdAt: clock.now(),
        name,
        externalId: '',
        detailsUrl: null,
        status: 'queued',
        conclusion: null,
        output: null,
        actions: [],
        completedAt: null,
      };
      apply(run, fields);
      world.checkRuns.push(run);
      tellRun('created', run);
      if (run.status === 'completed') tellRun('completed', run);
      return run;
    },
    updateCheckRun: (run, fields) => {
      const before = run.conclusion;
      apply(run, fields);
      if (run.conclusion !== null && run.conclusion !== before) tellRun('completed', run);
    },
  };
}
