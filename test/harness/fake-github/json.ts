/**
 * How GitHub writes its things down, the same in answers of the API and in webhooks. Shapes follow
 * the public examples; links that no client reads are left out.
 */
import type {
  CheckRun,
  Comment,
  GitHubApp,
  Installation,
  Issue,
  Json,
  PullIssue,
  Reaction,
  Repo,
  Review,
  ReviewComment,
  User,
} from './model.ts';
import { roleOf } from './world.ts';
import type { World } from './world.ts';

export const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
const nodeId = (kind: string, id: number): string =>
  Buffer.from(`0${kind.length}:${kind}${id}`).toString('base64');

export interface Links {
  /** Where the API is, without a slash at the end. */
  readonly api: string;
  /** Where people look. */
  readonly html: string;
}

export interface JsonViews {
  user(user: User): Json;
  repo(repo: Repo): Json;
  issue(issue: Issue): Json;
  pull(issue: PullIssue): Json;
  /** What reviews and their comments carry of their pull request: less, nothing about merging. */
  pullOfReview(issue: PullIssue): Json;
  comment(comment: Comment): Json;
  review(review: Review): Json;
  reviewComment(comment: ReviewComment): Json;
  reaction(reaction: Reaction): Json;
  checkRun(run: CheckRun): Json;
  app(app: GitHubApp): Json;
  installation(installation: Installation): Json;
  label(name: string): Json;
}

const REACTIONS = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'];

/** The number of the App that another bot belongs to. */
export const appIdOf = (bot: User): number => 1_000_000 + bot.id;

export function createJsonViews(world: World, links: Links): JsonViews {
  const user = (one: User): Json => ({
    login: one.login,
    id: one.id,
    node_id: nodeId('User', one.id),
    avatar_url: `${links.html}/avatars/u/${one.id}?v=4`,
    gravatar_id: '',
    url: `${links.api}/users/${encodeURIComponent(one.login)}`,
    html_url: `${links.html}/${one.type === 'Bot' ? 'apps/' : ''}${one.login.replace('[bot]', '')}`,
    type: one.type,
    site_admin: false,
  });

  const viaApp = (author: User): Json | null => {
    if (author.type !== 'Bot') return null;
    return author === world.app.bot ? app(world.app) : { ...app(world.app), id: appIdOf(author) };
  };

  const path = (repo: Repo): string => `${repo.owner.login}/${repo.name}`;

  const repo = (one: Repo): Json => ({
    id: one.id,
    node_id: nodeId('Repository', one.id),
    name: one.name,
    full_name: path(one),
    private: one.private,
    owner: user(one.owner),
    html_url: `${links.html}/${path(one)}`,
    description: null,
    fork: false,
    url: `${links.api}/repos/${path(one)}`,
    default_branch: one.defaultBranch,
    visibility: one.private ? 'private' : 'public',
    archived: false,
    disabled: false,
  });

  const association = (one: Repo, author: User): string => {
    if (one.owner === author) return 'OWNER';
    return one.roles.has(author.id) ? 'COLLABORATOR' : 'NONE';
  };

  const reactions = (subject: string, url: string): Json => {
    const counted = world.reactions.filter((reaction) => reaction.subject === subject);
    const per = REACTIONS.map((content) => [
      content,
      counted.filter((reaction) => reaction.content === content).length,
    ]);
    return {
      url: `${url}/reactions`,
      total_count: counted.length,
      ...Object.fromEntries(per),
    };
  };

  const label = (name: string): Json => ({
    id: 1_362_934_000 + name.length,
    node_id: nodeId('Label', name.length),
    url: `${links.api}/labels/${encodeURIComponent(name)}`,
    name,
    color: 'd73a4a',
    default: false,
    description: null,
  });

  const issueUrl = (one: Issue): string =>
    `${links.api}/repos/${path(one.repo)}/issues/${one.number}`;
  const pullUrl = (one: Issue): string =>
    `${links.api}/repos/${path(one.repo)}/pulls/${one.number}`;
  const page = (one: Issue): string =>
    `${links.html}/${path(one.repo)}/${one.pull === null ? 'issues' : 'pull'}/${one.number}`;

  const issue = (one: Issue): Json => ({
    url: issueUrl(one),
    repository_url: `${links.api}/repos/${path(one.repo)}`,
    comments_url: `${issueUrl(one)}/comments`,
    html_url: page(one),
    id: one.id,
    node_id: nodeId('Issue', one.id),
    number: one.number,
    title: one.title,
    user: user(one.author),
    labels: one.labels.map(label),
    state: one.state,
    state_reason: one.stateReason,
    locked: one.locked,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: world.comments.filter((comment) => comment.issue === one && !comment.deleted).length,
    created_at: iso(one.createdAt),
    updated_at: iso(one.updatedAt),
    closed_at: isoOrNull(one.closedAt),
    author_association: association(one.repo, one.author),
    active_lock_reason: null,
    body: one.body,
    reactions: reactions(`issue:${one.id}`, issueUrl(one)),
    performed_via_github_app: viaApp(one.author),
    ...(one.pull === null
      ? {}
      : {
          draft: one.pull.draft,
          pull_request: {
            url: pullUrl(one),
            html_url: page(one),
            diff_url: `${page(one)}.diff`,
            patch_url: `${page(one)}.patch`,
            merged_at: isoOrNull(one.pull.mergedAt),
          },
        }),
  });

  const side = (ref: string, sha: string, where: Repo): Json => ({
    label: `${where.owner.login}:${ref}`,
    ref,
    sha,
    user: user(where.owner),
    repo: repo(where),
  });

  const pullOfReview = (one: PullIssue): Json => ({
    url: pullUrl(one),
    id: one.id,
    node_id: nodeId('PullRequest', one.id),
    html_url: page(one),
    diff_url: `${page(one)}.diff`,
    issue_url: issueUrl(one),
    number: one.number,
    state: one.state,
    locked: one.locked,
    title: one.title,
    user: user(one.author),
    body: one.body,
    created_at: iso(one.createdAt),
    updated_at: iso(one.updatedAt),
    closed_at: isoOrNull(one.closedAt),
    merged_at: isoOrNull(one.pull.mergedAt),
    labels: one.labels.map(label),
    draft: one.pull.draft,
    head: side(one.pull.head.ref, one.pull.head.sha, one.pull.head.repo),
    base: side(one.pull.base.ref, one.pull.base.sha, one.repo),
    author_association: association(one.repo, one.author),
  });

  const pull = (one: PullIssue): Json => ({
    ...pullOfReview(one),
    merged: one.pull.mergedAt !== null,
    merged_by: one.pull.mergedBy === null ? null : user(one.pull.mergedBy),
    changed_files: one.pull.files.length,
  });

  const comment = (one: Comment): Json => {
    const url = `${links.api}/repos/${path(one.issue.repo)}/issues/comments/${one.id}`;
    return {
      url,
      html_url: `${page(one.issue)}#issuecomment-${one.id}`,
      issue_url: issueUrl(one.issue),
      id: one.id,
      node_id: nodeId('IssueComment', one.id),
      user: user(one.author),
      created_at: iso(one.createdAt),
      updated_at: iso(one.updatedAt),
      author_association: association(one.issue.repo, one.author),
      body: one.body,
      reactions: reactions(`comment:${one.id}`, url),
      performed_via_github_app: viaApp(one.author),
    };
  };

  const review = (one: Review): Json => ({
    id: one.id,
    node_id: nodeId('PullRequestReview', one.id),
    user: user(one.author),
    body: one.body,
    commit_id: one.commitId,
    submitted_at: iso(one.submittedAt),
    state: one.state,
    html_url: `${page(one.issue)}#pullrequestreview-${one.id}`,
    pull_request_url: pullUrl(one.issue),
    author_association: association(one.issue.repo, one.author),
  });

  const reviewComment = (one: ReviewComment): Json => {
    const url = `${links.api}/repos/${path(one.issue.repo)}/pulls/comments/${one.id}`;
    return {
      url,
      pull_request_review_id: one.review.id,
      id: one.id,
      node_id: nodeId('PullRequestReviewComment', one.id),
      diff_hunk: one.diffHunk,
      path: one.path,
      line: one.line,
      original_line: one.line,
      side: 'RIGHT',
      commit_id: one.review.commitId,
      original_commit_id: one.review.commitId,
      ...(one.inReplyTo === null ? {} : { in_reply_to_id: one.inReplyTo.id }),
      user: user(one.author),
      body: one.body,
      created_at: iso(one.createdAt),
      updated_at: iso(one.updatedAt),
      html_url: `${page(one.issue)}#discussion_r${one.id}`,
      pull_request_url: pullUrl(one.issue),
      author_association: association(one.issue.repo, one.author),
      reactions: reactions(`review-comment:${one.id}`, url),
    };
  };

  const app = (one: GitHubApp): Json => ({
    id: one.id,
    slug: one.slug,
    client_id: one.clientId,
    node_id: nodeId('App', one.id),
    owner: user(one.owner),
    name: one.name,
    description: '',
    external_url: `${links.html}/apps/${one.slug}`,
    html_url: `${links.html}/apps/${one.slug}`,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    permissions: one.permissions,
    events: one.events,
  });

  const checkRun = (one: CheckRun): Json => ({
    id: one.id,
    node_id: nodeId('CheckRun', one.id),
    head_sha: one.headSha,
    external_id: one.externalId,
    url: `${links.api}/repos/${path(one.repo)}/check-runs/${one.id}`,
    html_url: `${links.html}/${path(one.repo)}/runs/${one.id}`,
    details_url: one.detailsUrl,
    status: one.status,
    conclusion: one.conclusion,
    started_at: iso(one.createdAt),
    completed_at: isoOrNull(one.completedAt),
    output: { title: null, summary: null, text: null, ...one.output, annotations_count: 0 },
    name: one.name,
    check_suite: { id: one.id - 1000, head_sha: one.headSha },
    app: app(world.app),
    pull_requests: world.issues.flatMap((other) =>
      other.pull !== null && other.repo === one.repo && other.pull.head.sha === one.headSha
        ? [
            {
              url: pullUrl(other),
              id: other.id,
              number: other.number,
              head: { ref: other.pull.head.ref, sha: other.pull.head.sha },
              base: { ref: other.pull.base.ref, sha: other.pull.base.sha },
            },
          ]
        : [],
    ),
  });

  return {
    user,
    repo,
    issue,
    pull,
    pullOfReview,
    comment,
    review,
    reviewComment,
    reaction: (one) => ({
      id: one.id,
      node_id: nodeId('Reaction', one.id),
      user: user(one.user),
      content: one.content,
      created_at: iso(world.clock.now()),
    }),
    checkRun,
    app,
    installation: (one) => ({
      id: one.id,
      account: user(one.account),
      repository_selection: 'selected',
      access_tokens_url: `${links.api}/app/installations/${one.id}/access_tokens`,
      repositories_url: `${links.api}/installation/repositories`,
      html_url: `${links.html}/settings/installations/${one.id}`,
      app_id: world.app.id,
      app_slug: world.app.slug,
      target_id: one.account.id,
      target_type: one.account.type,
      permissions: one.permissions,
      events: world.app.events,
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
      single_file_name: null,
      suspended_at: isoOrNull(one.suspendedAt),
      suspended_by: null,
    }),
    label,
  };
}

/** The answer to "may they": the old four words and the role itself. */
export function permissionOf(repo: Repo, user: User): { permission: string; role_name: string } {
  const role = roleOf(repo, user);
  const old = { maintain: 'write', triage: 'read' } as const;
  return {
    permission: role === 'maintain' || role === 'triage' ? old[role] : role,
    role_name: role,
  };
}
