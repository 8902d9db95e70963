/** Who acts on GitHub, as the core knows actors. */
import type { Actor, Caller } from '../core/model/actor.ts';
import { SURFACE, type Place } from './address.ts';
import { isOurs } from './client/identity.ts';
import type { Edge } from './deps.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

/** Somebody to listen to: a person, or a bot that the configuration names; never we ourselves. */
export function isHeard(
  { identity, options }: Pick<Edge, 'identity' | 'options'>,
  user: GitHubUser,
) {
  if (isOurs(identity, user)) return false;
  return user.type === 'User' || options.bots.includes(user.id);
}

export function actorOf({ id, login, type }: GitHubUser): Actor {
  return { surface: SURFACE, id: String(id), name: login, kind: type === 'Bot' ? 'bot' : 'person' };
}

/** With the roles that GitHub gives now, for this repository and no other. */
export async function callerOf(
  { permissions }: Pick<Edge, 'permissions'>,
  place: Pick<Place, 'installationId' | 'repositoryId'>,
  user: GitHubUser,
): Promise<Caller> {
  const { installationId, repositoryId } = place;
  const within = {
    surface: SURFACE,
    account: String(installationId),
    key: String(repositoryId),
  };
  return { actor: actorOf(user), roles: await permissions.roles(place, user), within };
}
