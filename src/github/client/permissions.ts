/**
 * Who may do what in a repository: asked of GitHub at the time of the decision, remembered for a
 * minute at most, and compared by the numeric id, because a name can change hands.
 */
import type { Role } from '../../core/model/actor.ts';
import { keepNewest } from '../../core/platforms/keep-newest.ts';
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
  const { clock } = deps;
  const known = new Map<string, { readonly at: number; readonly roles: Promise<Roles> }>();
  return {
    roles: (place, user) => {
      const key = `${place.repositoryId}/${user.id}`;
      const cached = known.get(key);
      if (cached !== undefined && clock.now() - cached.at < FRESH_MS) return cached.roles;
      const roles = ask(deps, place, user);
      const asked = { at: clock.now(), roles };
      keepNewest(known, key, asked, KEPT);
      roles.catch(() => {
        if (known.get(key) === asked) known.delete(key);
      });
      return roles;
    },
  };
}

type Roles = readonly Role[];

async function ask(
  { auth, repositories }: { readonly auth: GitHubAuth; readonly repositories: Repositories },
  { installationId, repositoryId }: Parameters<Permissions['roles']>[0],
  user: Parameters<Permissions['roles']>[1],
): Promise<Roles> {
  const octokit = await auth.installation(installationId);
  const name = await repositories.name(installationId, repositoryId);
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({
      ...name,
      username: user.login,
    });
    // A custom role is told by what it is built on.
    const level = data.role_name in ROLES ? data.role_name : data.permission;
    return data.user?.id === user.id ? (ROLES[level] ?? []) : [];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
