/**
 * We were installed, removed, or given other repositories. Names are learnt; what runs for a
 * repository that we were taken from ends.
 */
import type { Edge } from '../deps.ts';
import { repositoryLost } from '../ends.ts';
import type { InstallationPayload } from './payloads.ts';

export async function installationChanged(edge: Edge, payload: InstallationPayload): Promise<void> {
  const { repositories, logger } = edge;
  const { installation, sender } = payload;
  const isDeleted = payload.action === 'deleted';
  const all = payload.repositories ?? [];
  const seen = [...(isDeleted ? [] : all), ...(payload.repositories_added ?? [])];
  for (const { id, full_name: name } of seen) repositories.learn(id, name);
  const lost = [...(isDeleted ? all : []), ...(payload.repositories_removed ?? [])];
  for (const { id } of lost) await repositoryLost(edge, installation.id, id, sender);
  const fields = { installation: installation.id, seen: seen.length, lost: lost.length };
  logger.info(fields, 'an installation of the GitHub App changed');
}
