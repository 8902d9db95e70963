/** A comment of an issue or pull request: written, edited, deleted. */
import type { Place } from '../address.ts';
import { ofComment } from '../asked.ts';
import { isOurs } from '../client/identity.ts';
import type { Edge } from '../deps.ts';
import { hear } from '../hear.ts';
import type { Heard } from '../heard.ts';
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
  const edit = { from, editedAt: comment.updated_at };
  await triggerEdited(edge, heardOf(edge, payload), sender, edit);
}

export async function commentDeleted(edge: Edge, payload: IssueCommentPayload): Promise<void> {
  const { id, body } = payload.comment;
  const deleted = { of: `ic:${id}`, text: body ?? '' };
  await triggerDeleted(edge, placeOf(payload), deleted, payload.sender);
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
  const by = { place: placeOf(payload), title: issue.title, by: comment.user ?? sender };
  return ofComment(edge, by, comment);
}
