/** Who acts on GitHub, as the core knows actors. */
import type { Actor, Caller, Role } from '../core/model/actor.ts';
import { SURFACE, type Place } from './address.ts';
import { isOurs } from './client/identity.ts';
import type { Edge } from './deps.ts';
import type { GitHubOptions } from './options.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

/** Somebody to listen to: a person, or a bot that the configuration names; never we ourselves. */
export function isHeard(
  { identity, options }: Pick<Edge, 'identity' | 'options'>,
  user: GitHubUser,
) {
  if (isOurs(identity, user)) return false;
  return user.type === 'User' || isAllowedBot(options, user);
}

/** Of an App that the configuration names: it may start work, and nothing more. */
function isAllowedBot({ bots }: GitHubOptions, { type, appId }: GitHubUser): boolean {
  return type === 'Bot' && appId !== undefined && bots.includes(appId);
}

export function actorOf({ id, login, type }: GitHubUser): Actor {
  return { surface: SURFACE, id: String(id), name: login, kind: type === 'Bot' ? 'bot' : 'person' };
}

/** With the roles that GitHub gives now, for this repository and no other. */
export async function callerOf(
  { permissions, options }: Pick<Edge, 'permissions' | 'options'>,
  place: Pick<Place, 'installationId' | 'repositoryId'>,
  user: GitHubUser,
): Promise<Caller> {
  const { installationId, repositoryId } = place;
  const within = {
    surface: SURFACE,
    account: String(installationId),
    key: String(repositoryId),
  };
  const roles: readonly Role[] = isAllowedBot(options, user)
    ? ['run']
    : await permissions.roles(place, user);
  return { actor: actorOf(user), roles, within };
}
