/**
 * Who somebody on Slack is, and what they may do at this moment. Facts are at most a minute old;
 * what cannot be found out is an AppError `unavailable`, never a guess.
 */
import { z } from 'zod';
import type { Actor, Caller, Role } from '../../core/model/actor.ts';
import { keepNewest } from '../../core/platforms/keep-newest.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { actorId, isDirect, SURFACE } from '../address.ts';
import type { SlackAccess } from '../options.ts';
import { appErrorOf, codeOf } from './failures.ts';
import type { Workspaces } from './workspaces.ts';

export interface People {
  /**
   * The person with the roles that they have in this channel now, and there only. A channel that is
   * none of ours to post in (a direct message, the Home tab) stands for the workspace.
   */
  caller(team: string, channel: string, user: string): Promise<Caller>;
}

const FRESH_MS = 60_000;
const MOST_KEPT = 5_000;

const userSchema = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string().optional(),
    name: z.string().optional(),
    real_name: z.string().optional(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_ultra_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
    enterprise_user: z.object({ teams: z.array(z.string()).optional() }).optional(),
    profile: z.object({ display_name: z.string().optional() }).optional(),
  }),
});
const groupSchema = z.object({ users: z.array(z.string()) });

interface Person {
  readonly name: string;
  readonly kind: 'member' | 'guest' | 'bot' | 'gone';
}

const NOBODY: Person = { name: 'somebody', kind: 'gone' };

export function createPeople(deps: {
  readonly workspaces: Workspaces;
  readonly access: SlackAccess;
  readonly clock: Clock;
}): People {
  const { workspaces, access, clock } = deps;
  const persons = createCache<Person>(clock);
  const groups = createCache<ReadonlySet<string>>(clock);

  const person = (team: string, user: string): Promise<Person> =>
    persons.get(`${team}/${user}`, async () => {
      const answer = await workspaces.call(team, 'users.info', { user });
      if (answer.ok) return personOf(team, userSchema.parse(answer.data).user);
      if (/^user_not_(found|visible)$/.test(codeOf(answer.failure))) return NOBODY;
      throw appErrorOf('users.info', answer.failure);
    });

  const members = (team: string, group: string): Promise<ReadonlySet<string>> =>
    groups.get(`${team}/${group}`, async () => {
      const answer = await workspaces.call(team, 'usergroups.users.list', { usergroup: group });
      if (answer.ok) return new Set(groupSchema.parse(answer.data).users);
      if (codeOf(answer.failure) === 'no_such_subteam') return new Set();
      throw appErrorOf('usergroups.users.list', answer.failure);
    });

  const isApprover = async (team: string, user: string): Promise<boolean> => {
    if (access.approvers.includes(user)) return true;
    for (const group of access.approverGroups) {
      if ((await members(team, group)).has(user)) return true;
    }
    return false;
  };

  const rolesOf = async (
    team: string,
    channel: string,
    user: string,
    { kind }: Person,
  ): Promise<readonly Role[]> => {
    const isOpen = access.channels.length === 0 || isDirect(channel);
    if (!isOpen && !access.channels.includes(channel)) return [];
    if (kind === 'gone' || kind === 'bot') return [];
    if (kind === 'guest' && !access.guests) return ['read'];
    if (access.maintainers.includes(user)) return ['maintain'];
    return (await isApprover(team, user)) ? ['approve'] : ['run'];
  };

  return {
    async caller(team, channel, user) {
      const found = await person(team, user);
      const actor: Actor = {
        surface: SURFACE,
        id: actorId(team, user),
        name: found.name,
        kind: found.kind === 'bot' ? 'bot' : 'person',
      };
      const roles = await rolesOf(team, channel, user, found);
      const key = /^[CG]/.test(channel) ? `${team}/${channel}` : team;
      return { actor, roles, within: { surface: SURFACE, account: team, key } };
    },
  };
}

function personOf(team: string, user: z.infer<typeof userSchema>['user']): Person {
  const named = [user.profile?.display_name, user.real_name, user.name, user.id];
  const name = named.find((one) => one !== undefined && one !== '') ?? user.id;
  if (user.deleted === true) return { name, kind: 'gone' };
  if (user.is_bot === true) return { name, kind: 'bot' };
  // On Enterprise Grid somebody belongs to several workspaces, and names one of them.
  const isAtHome =
    user.team_id === undefined ||
    user.team_id === team ||
    user.enterprise_user?.teams?.includes(team) === true;
  const isGuest =
    user.is_restricted === true ||
    user.is_ultra_restricted === true ||
    user.is_stranger === true ||
    !isAtHome;
  return { name, kind: isGuest ? 'guest' : 'member' };
}

/** Calls for one thing at the same time share one answer; a failure is not kept. */
function createCache<T>(clock: Clock): { get(key: string, load: () => Promise<T>): Promise<T> } {
  const kept = new Map<string, { readonly at: number; readonly value: Promise<T> }>();
  return {
    get(key, load) {
      const known = kept.get(key);
      if (known !== undefined && clock.now() - known.at < FRESH_MS) return known.value;
      const value = load();
      keepNewest(kept, key, { at: clock.now(), value }, MOST_KEPT);
      value.catch(() => kept.delete(key));
      return value;
    },
  };
}
