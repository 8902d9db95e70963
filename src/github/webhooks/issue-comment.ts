/** A comment of an issue or pull request: written, edited, deleted. */
import type { Place } from '../address.ts';
import { isOurs } from '../client/identity.ts';
import type { Edge } from '../deps.ts';
import { hear } from '../hear.ts';
import type { Heard } from '../heard.ts';
import { threadContext } from '../prompts/context.ts';
import { ownCommentEdited } from '../ticks.ts';
import { triggerDeleted, triggerEdited } from '../trigger-changes.ts';
import type { IssueCommentPayload } from './payloads.ts';

export async function commentCreated(edge: Edge, payload: IssueCommentPayload): Promise<void> {
  await hear(edge, heardOf(edge, payload));
}

export async function commentEdited(edge: Edge, payload: IssueCommentPayload): Promise<void> {
  const from = payload.changes?.body?.from;
  const { comment, issue, sender } = payload;
  if (from === undefined) return;
  if (isOurs(edge.identity, comment.user)) {
    await ownCommentEdited(edge, {
      place: placeOf(payload),
      title: issue.title,
      externalId: `ic:${comment.id}`,
      by: sender,
      from,
      to: comment.body ?? '',
    });
    return;
  }
  await triggerEdited(edge, { ...heardOf(edge, payload), by: comment.user ?? sender }, sender, {
    from,
    editedAt: comment.updated_at,
  });
}

export async function commentDeleted(edge: Edge, payload: IssueCommentPayload): Promise<void> {
  await triggerDeleted(edge, placeOf(payload), `ic:${payload.comment.id}`, payload.sender);
}

function placeOf({ installation, repository, issue }: IssueCommentPayload): Place {
  return {
    installationId: installation.id,
    repositoryId: repository.id,
    kind: issue.pull_request === undefined ? 'issue' : 'pull',
    number: issue.number,
    reviewThread: null,
  };
}

function heardOf(edge: Edge, payload: IssueCommentPayload): Heard {
  const { comment, issue, sender } = payload;
  const place = placeOf(payload);
  const until = Date.parse(comment.created_at);
  return {
    place,
    title: issue.title,
    by: sender,
    deliveryId: `ic:${comment.id}`,
    subject: `ic:${comment.id}`,
    text: comment.body ?? '',
    context: (since) => threadContext(edge, { place, since, until, except: comment.id }),
    at: until,
  };
}
