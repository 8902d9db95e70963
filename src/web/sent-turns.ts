/**
 * What a reader of a session page has: digests of its turns and their pieces. A page that was just
 * made is remembered until its stream comes, so that the stream sends only what is newer; forgotten
 * or made by another replica, it is sent the changed turns whole, which is harmless.
 */
import { createHash } from 'node:crypto';
import { keepNewest } from '../core/platforms/keep-newest.ts';
import type { SessionTurn } from './renderers/session-turn.ts';

/** Pages remembered, each for the seconds until its browser opens the stream. */
const KEPT = 100;

export interface Frame {
  readonly event: 'turn' | 'piece';
  readonly key: string;
  readonly json: string;
}

/** What has to be sent of a turn, in order. */
export function framesOf(turn: SessionTurn): readonly Frame[] {
  const { id, order, state, announce, pieces } = turn;
  const outline = { id, order, state, announce, pieces: pieces.map((piece) => piece.id) };
  return [
    { event: 'turn', key: id, json: JSON.stringify(outline) },
    ...pieces.map((piece) => ({
      event: 'piece' as const,
      key: piece.id,
      json: JSON.stringify({ turn: id, ...piece }),
    })),
  ];
}

/** Says of each frame once whether it is news. */
export class SentTurns {
  readonly #digests = new Map<string, string>();

  isNews({ key, json }: Frame): boolean {
    const digest = createHash('sha256').update(json).digest('base64url');
    if (this.#digests.get(key) === digest) return false;
    this.#digests.set(key, digest);
    return true;
  }
}

export interface ShownPages {
  /** `page` names one state of one page. */
  remember(page: string, turns: readonly SessionTurn[]): void;
  /** What the page has, once; empty when it is not known. */
  take(page: string): SentTurns;
}

export function createShownPages(): ShownPages {
  const pages = new Map<string, SentTurns>();
  return {
    remember(page, turns) {
      const sent = new SentTurns();
      for (const turn of turns) framesOf(turn).forEach((frame) => sent.isNews(frame));
      keepNewest(pages, page, sent, KEPT);
    },
    take(page) {
      const sent = pages.get(page) ?? new SentTurns();
      pages.delete(page);
      return sent;
    },
  };
}
