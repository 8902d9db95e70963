/**
 * Addresses of Slack threads. Invariant: made of ids only, and the same message always gives the
 * same address; nobody else takes a key apart.
 */
import type { Actor } from '../core/model/actor.ts';
import type { ThreadRef } from '../core/model/thread.ts';

export const SURFACE = 'slack';

export interface Place {
  /** The workspace that installed us: its budget pays, its token speaks. */
  readonly team: string;
  readonly channel: string;
  /** Timestamp of the message that opens the thread. */
  readonly thread: string;
}

export function refOf({ team, channel, thread }: Place): ThreadRef {
  return { surface: SURFACE, account: team, key: `${team}/${channel}/${thread}` };
}

export function placeOf({ key }: Pick<ThreadRef, 'key'>): Place {
  const [team = '', channel = '', thread = ''] = key.split('/');
  return { team, channel, thread };
}

/** Where people open the thread. `base`: address of the workspace, when it is known. */
export function permalinkOf({ channel, thread }: Place, base = 'https://slack.com/'): string {
  return new URL(`archives/${encodeURIComponent(channel)}/p${thread.replace('.', '')}`, base).href;
}

/** Channels with one person begin with D. */
export const isDirect = (channel: string): boolean => channel.startsWith('D');

/** One message of a person, however often and in whatever kinds of events it is delivered. */
export const messageId = (place: Pick<Place, 'team' | 'channel'>, ts: string): string =>
  `${place.team}/${place.channel}/${ts}`;

/** An actor of Slack is known as `team/user`. */
export const actorId = (team: string, user: string): string => `${team}/${user}`;
export const userOf = ({ id }: Pick<Actor, 'id'>): string => id.slice(id.indexOf('/') + 1);

/** For a SlackBody: nobody elsewhere, and no app, waits in Slack. */
export const askerOf = (actor: Actor | undefined): { readonly asker?: string } =>
  actor?.surface === SURFACE && actor.kind === 'person' ? { asker: userOf(actor) } : {};
