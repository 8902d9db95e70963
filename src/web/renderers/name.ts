/** How the page calls somebody, and places. Only one person can look at it, so the page's own person is "You". */
import type { Actor } from '../../core/model/actor.ts';

export function shownName(actor: Actor): string {
  return actor.surface === 'web' && actor.kind === 'person' ? 'You' : actor.name;
}

const PLACES: Readonly<Record<string, string>> = {
  api: 'API',
  github: 'GitHub',
  slack: 'Slack',
  system: 'Threadcast',
  web: 'web thread',
};

/** How the page calls a surface. */
export const placeName = (surface: string): string => PLACES[surface] ?? surface;
