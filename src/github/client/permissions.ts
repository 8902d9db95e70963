/**
 * Who may do what in a repository: asked of GitHub at the time of the decision, remembered for a
 * minute at most, and compared by the numeric id, because a name can change hands.
 */
import type { Role } from '../../core/model/actor.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Place } from '../address.ts';
import { isNotFound } from './failures.ts';
import type { GitHubAuth } from './octokit.ts';
import type { Repositories } from './repositories.ts';

export interface Permissions {
  /** Empty for whoever is no more than a visitor without a name. Rejects when GitHub does not say. */
  roles(
    place: Pick<Place, 'installationId' | 'repositoryId'>,
    user: { readonly id: number; readonly login: string },
  ): Promise<readonly Role[]>;
}

const FRESH_MS = 60_000;
const KEPT = 5_000;

const ROLES: Readonly<Record<string, readonly Role[]>> = {
  admin: ['maintain'],
  maintain: ['maintain'],
  write: ['run'],
  triage: ['read'],
  read: ['read'],
};

export function createPermissions(deps: {
  readonly auth: GitHubAuth;
  readonly repositories: Repositories;
  readonly clock: Clock;
}): Permissions {
  const { auth, repositories, clock } = deps;
  const known = new Map<string, { readonly at: number; readonly roles: readonly Role[] }>();
  return {
    roles: async ({ installationId, repositoryId }, user) => {
      const key = `${repositoryId}/${user.id}`;
      const cached = known.get(key);
      if (cached !== undefined && clock.now() - cached.at < FRESH_MS) return cached.roles;
      const at = clock.now();
      const octokit = await auth.installation(installationId);
      const name = await repositories.name(installationId, repositoryId);
      let roles: readonly Role[] = [];
      try {
        const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({
          ...name,
          username: user.login,
        });
        // A custom role is told by what it is built on.
        const level = data.role_name in ROLES ? data.role_name : data.permission;
        if (data.user?.id === user.id) roles = ROLES[level] ?? [];
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      if (known.size >= KEPT) known.clear();
      known.set(key, { at, roles });
      return roles;
    },
  };
}
