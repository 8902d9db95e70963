/** Issues, their comments, labels and reactions, as an installation sees and changes them. */
import type { Actions } from './actions.ts';
import type { JsonViews } from './json.ts';
import { ApiError, notFound } from './model.ts';
import type { Reaction } from './model.ts';
import { actorOf, byId, commentOf, isPull, issueOf, repoOf, text, textOrNull } from './router.ts';
import type { Request, Route } from './router.ts';

const READ = ['issues:read', 'pull_requests:read'];
const WRITE = ['issues:write', 'pull_requests:write'];

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function commentRoutes(views: JsonViews, actions: Actions): Route[] {
  const one = '/repos/{owner}/{repo}/issues/comments/{comment_id}';
  const list = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
  return [
    {
      method: 'GET',
      path: list,
      op: 'issues/list-comments',
      who: 'installation',
      needs: READ,
      run: (request) => {
        const issue = issueOf(request);
        const since = Date.parse(request.query.get('since') ?? '1970-01-01T00:00:00Z');
        const found = request.world.comments.filter(
          (comment) => comment.issue === issue && !comment.deleted && comment.updatedAt >= since,
        );
        return request.page(found.map(views.comment));
      },
    },
    {
      method: 'POST',
      path: list,
      op: 'issues/create-comment',
      who: 'installation',
      needs: WRITE,
      content: true,
      run: (request) => {
        const issue = issueOf(request);
        const comment = actions.comment(actorOf(request), issue, text(request, 'body'));
        return { status: 201, body: views.comment(comment) };
      },
    },
    {
      method: 'GET',
      path: one,
      op: 'issues/get-comment',
      who: 'installation',
      needs: READ,
      run: (request) => ({ status: 200, body: views.comment(commentOf(request)) }),
    },
    {
      method: 'PATCH',
      path: one,
      op: 'issues/update-comment',
      who: 'installation',
      needs: WRITE,
      content: true,
      run: (request) => {
        const comment = commentOf(request);
        actions.editComment(actorOf(request), comment, text(request, 'body'));
        return { status: 200, body: views.comment(comment) };
      },
    },
    {
      method: 'DELETE',
      path: one,
      op: 'issues/delete-comment',
      who: 'installation',
      needs: WRITE,
      run: (request) => {
        actions.deleteComment(actorOf(request), commentOf(request));
        return { status: 204 };
      },
    },
  ];
}

/** [path below the repository, kind of subject, its name in operations] */
const SUBJECTS = [
  ['issues/{issue_number}', 'issue', 'issue'],
  ['issues/comments/{comment_id}', 'comment', 'issue-comment'],
  ['pulls/comments/{comment_id}', 'review-comment', 'pull-request-review-comment'],
] as const;

function subjectOf(request: Request, kind: (typeof SUBJECTS)[number][1]): string {
  const { world } = request;
  switch (kind) {
    case 'issue':
      return `issue:${issueOf(request).id}`;
    case 'comment':
      return `comment:${commentOf(request).id}`;
    case 'review-comment': {
      const all = world.reviewComments;
      return `review-comment:${byId(request, all, 'comment_id', (it) => it.issue.repo).id}`;
    }
  }
}

function reactionRoutes(views: JsonViews, actions: Actions): Route[] {
  return SUBJECTS.flatMap(([below, kind, name]): Route[] => {
    const path = `/repos/{owner}/{repo}/${below}/reactions`;
    return [
      {
        method: 'GET',
        path,
        op: `reactions/list-for-${name}`,
        who: 'installation',
        needs: READ,
        run: (request) => {
          const subject = subjectOf(request, kind);
          const content = request.query.get('content');
          const found = request.world.reactions.filter(
            (one) => one.subject === subject && (content === null || one.content === content),
          );
          return request.page(found.map(views.reaction));
        },
      },
      {
        method: 'POST',
        path,
        op: `reactions/create-for-${name}`,
        who: 'installation',
        needs: WRITE,
        run: (request) => {
          const subject = subjectOf(request, kind);
          const { reaction, made } = actions.react(
            actorOf(request),
            subject,
            text(request, 'content'),
          );
          return { status: made ? 201 : 200, body: views.reaction(reaction) };
        },
      },
      {
        method: 'DELETE',
        path: `${path}/{reaction_id}`,
        op: `reactions/delete-for-${name}`,
        who: 'installation',
        needs: WRITE,
        run: (request) => {
          const subject = subjectOf(request, kind);
          const id = Number(request.params['reaction_id']);
          const all: Reaction[] = request.world.reactions;
          const index = all.findIndex((one) => one.id === id && one.subject === subject);
          if (index < 0) throw notFound();
          if (all[index]?.user !== actorOf(request)) {
            throw new ApiError(403, 'Resource not accessible by integration');
          }
          all.splice(index, 1);
          return { status: 204 };
        },
      },
    ];
  });
}

export function issueRoutes(views: JsonViews, actions: Actions): Route[] {
  const one = '/repos/{owner}/{repo}/issues/{issue_number}';
  return [
    ...commentRoutes(views, actions),
    ...reactionRoutes(views, actions),
    {
      method: 'POST',
      path: '/repos/{owner}/{repo}/issues',
      op: 'issues/create',
      who: 'installation',
      needs: ['issues:write'],
      content: true,
      run: (request) => {
        const repo = repoOf(request);
        const issue = actions.openIssue(actorOf(request), repo, {
          title: text(request, 'title'),
          body: textOrNull(request, 'body'),
          labels: strings(request.body['labels']),
        });
        return { status: 201, body: views.issue(issue) };
      },
    },
    {
      method: 'GET',
      path: one,
      op: 'issues/get',
      who: 'installation',
      needs: READ,
      run: (request) => ({ status: 200, body: views.issue(issueOf(request)) }),
    },
    {
      method: 'PATCH',
      path: one,
      op: 'issues/update',
      who: 'installation',
      needs: WRITE,
      run: (request) => {
        const issue = issueOf(request);
        const actor = actorOf(request);
        const { title, body, state, state_reason: reason } = request.body;
        actions.editIssue(actor, issue, {
          title: typeof title === 'string' ? title : undefined,
          body: typeof body === 'string' || body === null ? body : undefined,
        });
        if (state === 'closed') {
          actions.close(actor, issue, { reason: typeof reason === 'string' ? reason : null });
        }
        if (state === 'open') actions.reopen(actor, issue);
        const view = isPull(issue) ? views.pull(issue) : views.issue(issue);
        return { status: 200, body: view };
      },
    },
    {
      method: 'POST',
      path: `${one}/labels`,
      op: 'issues/add-labels',
      who: 'installation',
      needs: WRITE,
      run: (request) => {
        const issue = issueOf(request);
        for (const name of strings(request.body['labels'])) {
          actions.label(actorOf(request), issue, name);
        }
        return { status: 200, body: issue.labels.map(views.label) };
      },
    },
    {
      method: 'DELETE',
      path: `${one}/labels/{name}`,
      op: 'issues/remove-label',
      who: 'installation',
      needs: WRITE,
      run: (request) => {
        const issue = issueOf(request);
        actions.unlabel(actorOf(request), issue, request.params['name'] ?? '');
        return { status: 200, body: issue.labels.map(views.label) };
      },
    },
  ];
}
