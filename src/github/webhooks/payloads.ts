/** What we read of GitHub's payloads; everything else passes by. Parsed here, once. */
import { z } from 'zod';

const user = z.object({ id: z.number(), login: z.string(), type: z.string().optional() });

/** Someone who may have been deleted since. */
const maybeUser = user.nullable().optional();

/** The App through which something was written, if any. */
const viaApp = z.object({ id: z.number() }).nullable().optional();

const issue = z.object({
  id: z.number(),
  number: z.number(),
  title: z.string(),
  body: z.string().nullable().optional(),
  user: maybeUser,
  html_url: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
  performed_via_github_app: viaApp,
  pull_request: z.object({}).optional(),
});

const comment = z.object({
  id: z.number(),
  body: z.string().nullable(),
  user: maybeUser,
  created_at: z.string(),
  updated_at: z.string(),
  performed_via_github_app: viaApp,
});

const reviewComment = comment.extend({
  in_reply_to_id: z.number().optional(),
  pull_request_review_id: z.number().nullable(),
  path: z.string(),
  diff_hunk: z.string().optional(),
  line: z.number().nullable().optional(),
});

const pull = z.object({
  id: z.number(),
  number: z.number(),
  title: z.string(),
  body: z.string().nullable().optional(),
  user: maybeUser,
});

/** On every event about a repository; without an installation it is none of ours. */
const base = z.object({
  action: z.string().optional(),
  repository: z.object({ id: z.number(), full_name: z.string() }),
  sender: user,
  installation: z.object({ id: z.number() }),
});

const changes = z.object({ body: z.object({ from: z.string() }).optional() }).optional();

export const issueCommentSchema = base.extend({ issue, comment, changes });
export const issuesSchema = base.extend({
  issue,
  label: z.object({ name: z.string() }).optional(),
  changes,
});
export const pullRequestSchema = base.extend({
  pull_request: pull.extend({ created_at: z.string(), updated_at: z.string() }),
  label: z.object({ name: z.string() }).optional(),
  changes,
});
export const reviewSchema = base.extend({
  pull_request: pull,
  review: z.object({
    id: z.number(),
    body: z.string().nullable(),
    state: z.string(),
    user: maybeUser,
    submitted_at: z.string().nullable().optional(),
  }),
});
export const reviewCommentSchema = base.extend({
  pull_request: pull,
  comment: reviewComment,
  changes,
});
export const checkRunSchema = base.extend({
  check_run: z.object({
    id: z.number(),
    name: z.string(),
    external_id: z.string().nullable().optional(),
    app: z.object({ id: z.number() }).nullable().optional(),
    pull_requests: z.array(z.object({ number: z.number() })).optional(),
  }),
  requested_action: z.object({ identifier: z.string() }).optional(),
});

const repositories = z.array(z.object({ id: z.number(), full_name: z.string() })).optional();

/** `repositories` on a new or deleted installation, the others on a changed one. */
export const installationSchema = z.object({
  action: z.string(),
  installation: z.object({ id: z.number() }),
  sender: user,
  repositories,
  repositories_added: repositories,
  repositories_removed: repositories,
});
export type InstallationPayload = z.infer<typeof installationSchema>;

/** For the lane: whatever event it is. */
export const laneSchema = z.object({
  installation: z.object({ id: z.number() }).optional(),
  repository: z.object({ id: z.number(), full_name: z.string() }).nullable().optional(),
  issue: z.object({ number: z.number() }).nullable().optional(),
  pull_request: z.object({ number: z.number() }).nullable().optional(),
});

export interface GitHubUser extends z.infer<typeof user> {
  /** The App that wrote as this user, as far as GitHub says. */
  readonly appId?: number | undefined;
}
export type IssueCommentPayload = z.infer<typeof issueCommentSchema>;
export type IssuesPayload = z.infer<typeof issuesSchema>;
export type PullRequestPayload = z.infer<typeof pullRequestSchema>;
export type ReviewPayload = z.infer<typeof reviewSchema>;
export type ReviewCommentPayload = z.infer<typeof reviewCommentSchema>;
export type CheckRunPayload = z.infer<typeof checkRunSchema>;
