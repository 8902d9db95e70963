/** How the page calls somebody. Only one person can look at it, so the page's own person is "You". */
import type { Actor } from '../../core/model/actor.ts';

export function shownName(actor: Actor): string {
  return actor.surface === 'web' && actor.kind === 'person' ? 'You' : actor.name;
}
