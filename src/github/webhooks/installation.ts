/** We were installed, removed, suspended, or given other repositories. */
import type { Edge } from '../deps.ts';
import type { InstallationPayload } from './payloads.ts';

/** Names are learnt; sessions of a repository that is gone end by themselves: posts are refused. */
export async function installationChanged(
  { repositories, logger }: Edge,
  payload: InstallationPayload,
): Promise<void> {
  const seen = [...(payload.repositories ?? []), ...(payload.repositories_added ?? [])];
  for (const { id, full_name: name } of seen) repositories.learn(id, name);
  const fields = { installation: payload.installation.id, repositories: seen.length };
  logger.info(fields, 'an installation of the GitHub App changed');
}
