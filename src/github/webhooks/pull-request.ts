/** A pull request: opened or edited with a request in its text, labeled. */
import type { Place } from '../address.ts';
import { ofOpening } from '../asked.ts';
import type { Edge } from '../deps.ts';
import { hear } from '../hear.ts';
import type { Heard } from '../heard.ts';
import { labelAdded } from '../labels.ts';
import { triggerEdited } from '../trigger-changes.ts';
import type { PullRequestPayload } from './payloads.ts';

export async function pullOpened(edge: Edge, payload: PullRequestPayload): Promise<void> {
  await hear(edge, heardOf(edge, payload));
}

export async function pullEdited(edge: Edge, payload: PullRequestPayload): Promise<void> {
  const from = payload.changes?.body?.from;
  const { pull_request: pull, sender } = payload;
  if (from === undefined) return;
  const edit = { from, editedAt: pull.updated_at };
  await triggerEdited(edge, heardOf(edge, payload), sender, edit);
}

function heardOf(edge: Edge, payload: PullRequestPayload): Heard {
  const { pull_request: pull, sender } = payload;
  const by = { place: pullPlace(payload), title: pull.title, by: pull.user ?? sender };
  return ofOpening(edge, by, pull);
}

export async function pullLabeled(
  edge: Edge,
  payload: PullRequestPayload,
  delivery: string,
): Promise<void> {
  const { pull_request: subject, label, sender: by } = payload;
  await labelAdded(
    edge,
    { place: pullPlace(payload), subject, label: label?.name ?? '', by },
    delivery,
  );
}

export function pullPlace({
  installation,
  repository,
  pull_request: { number },
}: Pick<PullRequestPayload, 'installation' | 'repository'> & {
  readonly pull_request: { readonly number: number };
}): Place {
  const ids = { installationId: installation.id, repositoryId: repository.id };
  return { ...ids, kind: 'pull', number, reviewThread: null };
}
