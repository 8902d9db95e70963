/**
 * What people do on the page of the fake GitHub. Each act is done at once and told to the App by
 * webhook in the background (`hooks.idle()` waits for it). An act that the real page would not
 * offer to this person throws.
 */
import type { Actions } from './actions.ts';
import type { LineComment, PullActions, ReviewOptions } from './pull-actions.ts';
import type {
  CheckRun,
  Comment,
  Installation,
  Issue,
  PullFile,
  PullIssue,
  Repo,
  Review,
  ReviewComment,
  Role,
  User,
} from './model.ts';
import { mayWrite } from './world.ts';
import type { IssueOptions, PullOptions, World } from './world.ts';

export interface People {
  openIssue(user: User, repo: Repo, options: IssueOptions): Issue;
  openPull(user: User, repo: Repo, options: PullOptions): PullIssue;
  editIssue(user: User, issue: Issue, change: { title?: string; body?: string }): void;
  comment(user: User, issue: Issue, body: string): Comment;
  editComment(user: User, comment: Comment, body: string): void;
  deleteComment(user: User, comment: Comment): void;
  /** Ticks (or unticks) the one box of the task list whose line contains `box`, or the nth from 0. */
  tick(user: User, comment: Comment, box: string | number): void;
  label(user: User, issue: Issue, name: string): void;
  unlabel(user: User, issue: Issue, name: string): void;
  close(user: User, issue: Issue, reason?: 'completed' | 'not_planned'): void;
  merge(user: User, pull: PullIssue): void;
  reopen(user: User, issue: Issue): void;
  push(user: User, pull: PullIssue, files: readonly PullFile[]): void;
  /** A review with its comments: one webhook for it, one for each of them. */
  review(user: User, pull: PullIssue, options: ReviewOptions): Review;
  /** A single comment on a line of the diff; a review of its own, without text. */
  reviewComment(user: User, pull: PullIssue, options: LineComment): ReviewComment;
  reply(user: User, to: ReviewComment, body: string): ReviewComment;
  editReviewComment(user: User, comment: ReviewComment, body: string): void;
  deleteReviewComment(user: User, comment: ReviewComment): void;
  /** Reactions have no webhook. */
  react(user: User, on: Issue | Comment, content: string): void;
  /** Presses a button of a check run. */
  requestAction(user: User, run: CheckRun, identifier: string): void;
  renameUser(user: User, login: string): void;
  renameRepo(user: User, repo: Repo, name: string): void;
  /** Null = no collaborator any more. Told by no webhook that the App listens to. */
  setRole(repo: Repo, user: User, role: Role | null): void;
  install(user: User, account: User, repos: readonly Repo[]): Installation;
  uninstall(user: User, installation: Installation): void;
  suspend(user: User, installation: Installation): void;
  unsuspend(user: User, installation: Installation): void;
  addRepos(user: User, installation: Installation, repos: readonly Repo[]): void;
  removeRepos(user: User, installation: Installation, repos: readonly Repo[]): void;
}

const BOX = /^(\s*[-*+] \[)([ xX])(\] .*)$/;

/** The body with one box flipped, as the page writes it. */
export function flipBox(body: string, box: string | number): string {
  const lines = body.split('\n');
  const boxes = lines.flatMap((line, index) => (BOX.test(line) ? [index] : []));
  const wanted =
    typeof box === 'number'
      ? boxes.slice(box, box + 1)
      : boxes.filter((index) => lines[index]?.includes(box));
  const [index] = wanted;
  if (index === undefined || wanted.length !== 1) {
    throw new Error(`${wanted.length} boxes match ${JSON.stringify(box)} in:\n${body}`);
  }
  lines[index] = (lines[index] ?? '').replace(
    BOX,
    (_, start: string, state: string, rest: string) =>
      `${start}${state === ' ' ? 'x' : ' '}${rest}`,
  );
  return lines.join('\n');
}

function mustWrite(user: User, repo: Repo, what: string): void {
  if (!mayWrite(repo, user)) throw new Error(`${user.login} is not offered to ${what}`);
}

export function createPeople(world: World, actions: Actions, pulls: PullActions): People {
  const editComment: People['editComment'] = (user, comment, body) => {
    if (comment.author !== user) mustWrite(user, comment.issue.repo, 'edit what others wrote');
    actions.editComment(user, comment, body);
  };
  const close: People['close'] = (user, issue, reason) => {
    if (issue.author !== user) mustWrite(user, issue.repo, 'close this');
    actions.close(user, issue, { reason });
  };
  const short = (repo: Repo): Record<string, unknown> => ({
    id: repo.id,
    node_id: `R_${repo.id}`,
    name: repo.name,
    full_name: `${repo.owner.login}/${repo.name}`,
    private: repo.private,
  });
  const tellRepos = (
    action: 'added' | 'removed',
    user: User,
    installation: Installation,
    repos: readonly Repo[],
  ): void => {
    actions.tellInstallation('installation_repositories', action, installation, user, {
      repository_selection: 'selected',
      repositories_added: action === 'added' ? repos.map(short) : [],
      repositories_removed: action === 'removed' ? repos.map(short) : [],
      requester: null,
    });
  };

  return {
    openIssue: actions.openIssue,
    openPull: actions.openPull,
    editIssue: (user, issue, change) => {
      if (issue.author !== user) mustWrite(user, issue.repo, 'edit what others wrote');
      actions.editIssue(user, issue, change);
    },
    comment: actions.comment,
    editComment,
    deleteComment: (user, comment) => {
      if (comment.author !== user) mustWrite(user, comment.issue.repo, 'delete what others wrote');
      actions.deleteComment(user, comment);
    },
    tick: (user, comment, box) => {
      editComment(user, comment, flipBox(comment.body, box));
    },
    label: (user, issue, name) => {
      if (issue.repo.roles.get(user.id) !== 'triage') mustWrite(user, issue.repo, 'label');
      actions.label(user, issue, name);
    },
    unlabel: actions.unlabel,
    close,
    merge: (user, pull) => {
      mustWrite(user, pull.repo, 'merge');
      actions.close(user, pull, { merged: true });
    },
    reopen: (user, issue) => {
      if (issue.author !== user) mustWrite(user, issue.repo, 'reopen this');
      actions.reopen(user, issue);
    },
    push: (user, pull, files) => {
      if (pull.author !== user) mustWrite(user, pull.repo, 'push to this');
      pulls.push(user, pull, files);
    },
    review: pulls.review,
    reviewComment: pulls.reviewComment,
    reply: pulls.reply,
    editReviewComment: (user, comment, body) => {
      if (comment.author !== user) mustWrite(user, comment.issue.repo, 'edit what others wrote');
      pulls.editReviewComment(user, comment, body);
    },
    deleteReviewComment: (user, comment) => {
      if (comment.author !== user) mustWrite(user, comment.issue.repo, 'delete what others wrote');
      pulls.deleteReviewComment(user, comment);
    },
    react: (user, on, content) => {
      actions.react(user, `${'issue' in on ? 'comment' : 'issue'}:${on.id}`, content);
    },
    requestAction: (user, run, identifier) => {
      mustWrite(user, run.repo, 'press the buttons of a check run');
      actions.requestAction(user, run, identifier);
    },
    renameUser: (user, login) => {
      user.login = login;
    },
    renameRepo: (user, repo, name) => {
      const from = repo.name;
      repo.formerNames.push(`${repo.owner.login}/${from}`.toLowerCase());
      repo.name = name;
      actions.tell('repository', 'renamed', repo, user, {
        changes: { repository: { name: { from } } },
      });
    },
    setRole: (repo, user, role) => {
      if (role === null) repo.roles.delete(user.id);
      else repo.roles.set(user.id, role);
    },
    install: (user, account, repos) => {
      const installation = world.install(account, repos);
      actions.tellInstallation('installation', 'created', installation, user, {
        repositories: repos.map(short),
        requester: null,
      });
      return installation;
    },
    uninstall: (user, installation) => {
      installation.deleted = true;
      actions.tellInstallation('installation', 'deleted', installation, user, {
        repositories: [...installation.repos].map(short),
      });
    },
    suspend: (user, installation) => {
      installation.suspendedAt = world.clock.now();
      actions.tellInstallation('installation', 'suspend', installation, user);
    },
    unsuspend: (user, installation) => {
      installation.suspendedAt = null;
      actions.tellInstallation('installation', 'unsuspend', installation, user);
    },
    addRepos: (user, installation, repos) => {
      for (const repo of repos) installation.repos.add(repo);
      tellRepos('added', user, installation, repos);
    },
    removeRepos: (user, installation, repos) => {
      for (const repo of repos) installation.repos.delete(repo);
      tellRepos('removed', user, installation, repos);
    },
  };
}
