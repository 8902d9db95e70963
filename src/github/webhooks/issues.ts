/** An issue: opened, edited, labeled. Its text may ask for something like a comment does. */
import type { Place } from '../address.ts';
import type { Edge } from '../deps.ts';
import { hear } from '../hear.ts';
import type { Heard } from '../heard.ts';
import { labelAdded } from '../labels.ts';
import { threadContext } from '../prompts/context.ts';
import { triggerEdited } from '../trigger-changes.ts';
import type { IssuesPayload } from './payloads.ts';

export async function issueOpened(edge: Edge, payload: IssuesPayload): Promise<void> {
  await hear(edge, heardOf(edge, payload));
}

export async function issueEdited(edge: Edge, payload: IssuesPayload): Promise<void> {
  const from = payload.changes?.body?.from;
  const { issue, sender } = payload;
  if (from === undefined) return;
  const heard = { ...heardOf(edge, payload), by: issue.user ?? sender };
  await triggerEdited(edge, heard, sender, { from, editedAt: issue.updated_at });
}

export async function issueLabeled(
  edge: Edge,
  payload: IssuesPayload,
  delivery: string,
): Promise<void> {
  const { issue, label, sender } = payload;
  const of = { place: issuePlace(payload), subject: issue, label: label?.name ?? '', by: sender };
  await labelAdded(edge, of, delivery);
}

export function issuePlace({ installation, repository, issue }: IssuesPayload): Place {
  return {
    installationId: installation.id,
    repositoryId: repository.id,
    kind: 'issue',
    number: issue.number,
    reviewThread: null,
  };
}

function heardOf(edge: Edge, payload: IssuesPayload): Heard {
  const { issue, sender } = payload;
  const place = issuePlace(payload);
  const at = Date.parse(issue.created_at);
  return {
    place,
    title: issue.title,
    by: sender,
    deliveryId: `issue:${issue.id}`,
    subject: `is:${issue.number}`,
    text: issue.body ?? '',
    context: (since) => threadContext(edge, { place, since, until: at, except: null }),
    at,
  };
}
