/** An issue: opened, edited, labeled. Its text may ask for something like a comment does. */
import type { Place } from '../address.ts';
import { ofOpening } from '../asked.ts';
import type { Edge } from '../deps.ts';
import { hear } from '../hear.ts';
import type { Heard } from '../heard.ts';
import { labelAdded } from '../labels.ts';
import { triggerEdited } from '../trigger-changes.ts';
import type { IssuesPayload } from './payloads.ts';

export async function issueOpened(edge: Edge, payload: IssuesPayload): Promise<void> {
  await hear(edge, heardOf(edge, payload));
}

export async function issueEdited(edge: Edge, payload: IssuesPayload): Promise<void> {
  const from = payload.changes?.body?.from;
  const { issue, sender } = payload;
  if (from === undefined) return;
  const edit = { from, editedAt: issue.updated_at };
  await triggerEdited(edge, heardOf(edge, payload), sender, edit);
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
  const by = { place: issuePlace(payload), title: issue.title, by: issue.user ?? sender };
  return ofOpening(edge, by, issue);
}
