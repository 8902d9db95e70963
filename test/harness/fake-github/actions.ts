/**
 * What can be done on GitHub, by people and by the App alike: each changes the state, checks the
 * limits of the platform (422), and tells it by webhook with the payload frozen at that moment.
 */
import type { Hooks } from './hooks.ts';
import type { JsonViews } from './json.ts';
import { ApiError, invalid } from './model.ts';
import type {
  CheckRun,
  Comment,
  Installation,
  Issue,
  Json,
  Reaction,
  Repo,
  User,
} from './model.ts';
import type { IssueOptions, PullOptions, World } from './world.ts';
import type { PullIssue } from './model.ts';

/** Longest body of an issue, a comment or a review. */
export const MAX_BODY = 65_536;
const CONTENTS = new Set(['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes']);

export function checkBody(resource: string, body: string | null, mayBeEmpty = false): void {
  if (!mayBeEmpty && (body === null || body.trim() === '')) {
    throw invalid(resource, 'body', "Body can't be blank");
  }
  if (body !== null && body.length > MAX_BODY) {
    throw invalid(resource, 'data', `Body is too long (maximum is ${MAX_BODY} characters)`);
  }
}

export interface Actions {
  openIssue(actor: User, repo: Repo, options: IssueOptions): Issue;
  openPull(actor: User, repo: Repo, options: PullOptions): PullIssue;
  editIssue(actor: User, issue: Issue, change: { title?: string; body?: string | null }): void;
  close(actor: User, issue: Issue, how?: { merged?: boolean; reason?: string | null }): void;
  reopen(actor: User, issue: Issue): void;
  label(actor: User, issue: Issue, name: string): void;
  unlabel(actor: User, issue: Issue, name: string): void;
  comment(actor: User, issue: Issue, body: string): Comment;
  editComment(actor: User, comment: Comment, body: string): void;
  deleteComment(actor: User, comment: Comment): void;
  react(actor: User, subject: string, content: string): { reaction: Reaction; made: boolean };
  requestAction(actor: User, run: CheckRun, identifier: string): void;
  tellInstallation(
    event: string,
    action: string,
    installation: Installation,
    actor: User,
    more?: Json,
  ): void;
  /** Tells the App by webhook, if it is installed on the repository. */
  tell(event: string, action: string, repo: Repo, actor: User, payload: Json): void;
}

export function createActions(world: World, views: JsonViews, hooks: Hooks): Actions {
  const { clock } = world;

  const tell: Actions['tell'] = (event, action, repo, actor, payload) => {
    const installation = world.installationOf(repo);
    if (installation === undefined) return;
    hooks.emit(
      { event, action, installationId: installation.id, repositoryId: repo.id },
      {
        action,
        ...payload,
        repository: views.repo(repo),
        sender: views.user(actor),
        installation: { id: installation.id, node_id: `I_${installation.id}` },
      },
    );
  };

  const tellIssue = (action: string, actor: User, issue: Issue, more: Json = {}): void => {
    const { pull } = issue;
    if (pull === null) {
      tell('issues', action, issue.repo, actor, { issue: views.issue(issue), ...more });
      return;
    }
    tell('pull_request', action, issue.repo, actor, {
      number: issue.number,
      pull_request: views.pull({ ...issue, pull }),
      ...more,
    });
  };

  const touch = (issue: Issue): void => {
    issue.updatedAt = clock.now();
  };

  const tellComment = (action: string, actor: User, comment: Comment, more: Json = {}): void => {
    tell('issue_comment', action, comment.issue.repo, actor, {
      ...more,
      issue: views.issue(comment.issue),
      comment: views.comment(comment),
    });
  };

  return {
    tell,
    openIssue: (actor, repo, options) => {
      checkBody('Issue', options.body ?? null, true);
      const issue = world.issue(actor, repo, options);
      tellIssue('opened', actor, issue);
      for (const name of issue.labels) {
        tellIssue('labeled', actor, issue, { label: views.label(name) });
      }
      return issue;
    },
    openPull: (actor, repo, options) => {
      checkBody('PullRequest', options.body ?? null, true);
      const issue = world.pull(actor, repo, options);
      tellIssue('opened', actor, issue);
      return issue;
    },
    editIssue: (actor, issue, change) => {
      checkBody('Issue', change.body ?? null, true);
      const changes: Json = {};
      if (change.title !== undefined && change.title !== issue.title) {
        changes['title'] = { from: issue.title };
        issue.title = change.title;
      }
      if (change.body !== undefined && change.body !== issue.body) {
        changes['body'] = { from: issue.body ?? '' };
        issue.body = change.body;
      }
      if (Object.keys(changes).length === 0) return;
      touch(issue);
      tellIssue('edited', actor, issue, { changes });
    },
    close: (actor, issue, how = {}) => {
      if (issue.state === 'closed') return;
      issue.state = 'closed';
      issue.stateReason = issue.pull === null ? (how.reason ?? 'completed') : null;
      issue.closedAt = clock.now();
      touch(issue);
      if (issue.pull !== null && how.merged === true) {
        issue.pull.mergedAt = clock.now();
        issue.pull.mergedBy = actor;
      }
      tellIssue('closed', actor, issue);
    },
    reopen: (actor, issue) => {
      if (issue.pull?.mergedAt)
        throw invalid('PullRequest', 'state', 'A merged pull request stays');
      if (issue.state === 'open') return;
      issue.state = 'open';
      issue.stateReason = issue.pull === null ? 'reopened' : null;
      issue.closedAt = null;
      touch(issue);
      tellIssue('reopened', actor, issue);
    },
    label: (actor, issue, name) => {
      if (issue.labels.includes(name)) return;
      issue.labels.push(name);
      touch(issue);
      tellIssue('labeled', actor, issue, { label: views.label(name) });
    },
    unlabel: (actor, issue, name) => {
      if (!issue.labels.includes(name)) throw new ApiError(404, 'Label does not exist');
      issue.labels = issue.labels.filter((other) => other !== name);
      touch(issue);
      tellIssue('unlabeled', actor, issue, { label: views.label(name) });
    },
    comment: (actor, issue, body) => {
      checkBody('IssueComment', body);
      if (issue.locked)
        throw new ApiError(403, 'Unable to create comment because issue is locked.');
      const now = clock.now();
      const comment: Comment = {
        id: world.id('comment'),
        issue,
        author: actor,
        createdAt: now,
        body,
        updatedAt: now,
        deleted: false,
        history: [{ at: now, body }],
      };
      world.comments.push(comment);
      touch(issue);
      tellComment('created', actor, comment);
      return comment;
    },
    editComment: (actor, comment, body) => {
      checkBody('IssueComment', body);
      const from = comment.body;
      comment.body = body;
      comment.updatedAt = clock.now();
      comment.history.push({ at: clock.now(), body });
      if (from !== body) tellComment('edited', actor, comment, { changes: { body: { from } } });
    },
    deleteComment: (actor, comment) => {
      comment.deleted = true;
      tellComment('deleted', actor, comment);
    },
    react: (actor, subject, content) => {
      if (!CONTENTS.has(content)) throw invalid('Reaction', 'content', `${content} is no reaction`);
      const there = world.reactions.find(
        (one) => one.subject === subject && one.content === content && one.user === actor,
      );
      if (there !== undefined) return { reaction: there, made: false };
      const reaction = { id: world.id('reaction'), subject, content, user: actor };
      world.reactions.push(reaction);
      return { reaction, made: true };
    },
    requestAction: (actor, run, identifier) => {
      if (!run.actions.some((action) => action.identifier === identifier)) {
        throw new Error(`the check run ${run.name} shows no button ${identifier}`);
      }
      tell('check_run', 'requested_action', run.repo, actor, {
        check_run: views.checkRun(run),
        requested_action: { identifier },
      });
    },
    tellInstallation: (event, action, installation, actor, more = {}) => {
      hooks.emit(
        { event, action, installationId: installation.id, repositoryId: null },
        {
          action,
          installation: views.installation(installation),
          ...more,
          sender: views.user(actor),
        },
      );
    },
  };
}
