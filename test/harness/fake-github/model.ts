/** What the fake GitHub knows: plain records that its actions change, held together by numeric ids. */

export type Json = Record<string, unknown>;
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read';
export type Permissions = Readonly<Record<string, string>>;
export type ReviewState = 'approved' | 'changes_requested' | 'commented';

export interface User {
  readonly id: number;
  login: string;
  readonly type: 'User' | 'Bot' | 'Organization';
}

export interface Repo {
  readonly id: number;
  readonly owner: User;
  /** May change; the id may not. */
  name: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  /** Direct collaborators by the numeric id of the user; the owner is admin without a row. */
  readonly roles: Map<number, Role>;
  /** Lower-case `owner/name` that it once had: the API redirects from there. */
  readonly formerNames: string[];
  /** Contents of the default branch. */
  readonly files: Map<string, string>;
  nextNumber: number;
}

export interface PullFile {
  readonly filename: string;
  readonly status: 'added' | 'modified' | 'removed';
  /** As the API gives it: hunks only, without the file header. */
  readonly patch: string;
}

export interface Pull {
  readonly head: { readonly ref: string; sha: string; readonly repo: Repo };
  readonly base: { readonly ref: string; readonly sha: string };
  files: readonly PullFile[];
  readonly draft: boolean;
  mergedAt: number | null;
  mergedBy: User | null;
}

export interface Issue {
  readonly id: number;
  readonly repo: Repo;
  readonly number: number;
  readonly author: User;
  readonly createdAt: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: string | null;
  labels: string[];
  updatedAt: number;
  closedAt: number | null;
  locked: boolean;
  /** Not null = a pull request. */
  readonly pull: Pull | null;
}

/** An issue whose `pull` is known to be there. */
export interface PullIssue extends Issue {
  readonly pull: Pull;
}

export interface Comment {
  readonly id: number;
  readonly issue: Issue;
  readonly author: User;
  readonly createdAt: number;
  body: string;
  updatedAt: number;
  deleted: boolean;
  /** Every body that it had, oldest first, with its time. */
  readonly history: { readonly at: number; readonly body: string }[];
}

export interface Review {
  readonly id: number;
  readonly issue: PullIssue;
  readonly author: User;
  readonly state: ReviewState;
  readonly body: string | null;
  readonly submittedAt: number;
  readonly commitId: string;
}

export interface ReviewComment {
  readonly id: number;
  readonly issue: PullIssue;
  readonly review: Review;
  readonly author: User;
  readonly path: string;
  readonly line: number;
  readonly diffHunk: string;
  /** First comment of its thread; null = it is the first. */
  readonly inReplyTo: ReviewComment | null;
  readonly createdAt: number;
  body: string;
  updatedAt: number;
  deleted: boolean;
}

export interface Reaction {
  readonly id: number;
  /** `issue:1`, `comment:1` or `review-comment:1`. */
  readonly subject: string;
  readonly content: string;
  readonly user: User;
}

export interface CheckRun {
  readonly id: number;
  readonly repo: Repo;
  readonly headSha: string;
  readonly createdAt: number;
  name: string;
  externalId: string;
  detailsUrl: string | null;
  status: string;
  conclusion: string | null;
  output: Json | null;
  actions: readonly { label: string; description: string; identifier: string }[];
  completedAt: number | null;
}

export interface Installation {
  readonly id: number;
  readonly account: User;
  readonly repos: Set<Repo>;
  /** Null = as the App asks. */
  permissions: Permissions;
  suspendedAt: number | null;
  deleted: boolean;
}

export interface GitHubApp {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly clientId: string;
  readonly owner: User;
  readonly bot: User;
  readonly permissions: Permissions;
  readonly events: readonly string[];
}

/** An answer of the API that is no success; `body` is what GitHub would say. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, more: Json = {}, headers = {}) {
    super(message);
    this.status = status;
    this.body = { message, documentation_url: 'https://docs.github.com/rest', ...more };
    this.headers = headers;
  }
}

/** 422 as GitHub words it. */
export function invalid(resource: string, field: string, message: string): ApiError {
  return new ApiError(422, 'Validation Failed', {
    errors: [{ resource, code: 'unprocessable', field, message }],
  });
}

export function notFound(): ApiError {
  return new ApiError(404, 'Not Found');
}
