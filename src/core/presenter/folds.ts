/**
 * Transcripts of sessions that are not being presented, for whoever must show a message of theirs.
 * Invariant: what `transcript` gives has every event that was in the log when it was asked.
 *
 * The last few are kept, so that asking again costs only the new events.
 */
import { decodeEvent } from '../events/append.ts';
import type { SessionId } from '../model/ids.ts';
import type { Transcript } from '../model/transcript.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { createFolder, type TranscriptFolder } from '../transcript/fold.ts';

export interface Folds {
  /** Rejects as the store does. */
  transcript(sessionId: SessionId): Promise<Transcript>;
  /** Takes the kept folder out, or gives a new one. */
  take(sessionId: SessionId): TranscriptFolder;
  /** Keeps a folder that nobody else pushes to any more. */
  keep(sessionId: SessionId, folder: TranscriptFolder): void;
}

const PAGE = 500;
const KEPT = 32;

export function createFolds(sessions: Pick<SessionStore, 'events'>): Folds {
  const kept = new Map<SessionId, TranscriptFolder>();
  const reading = new Map<SessionId, Promise<Transcript>>();

  const keep = (sessionId: SessionId, folder: TranscriptFolder): void => {
    kept.delete(sessionId);
    kept.set(sessionId, folder);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
  };

  const take = (sessionId: SessionId): TranscriptFolder => {
    const folder = kept.get(sessionId) ?? createFolder();
    kept.delete(sessionId);
    return folder;
  };

  const read = async (sessionId: SessionId): Promise<Transcript> => {
    const folder = take(sessionId);
    for (;;) {
      const page = await sessions.events(sessionId, folder.view().seq, PAGE);
      for (const stored of page) folder.push(decodeEvent(stored));
      if (page.length < PAGE) break;
    }
    keep(sessionId, folder);
    return folder.view();
  };

  return {
    transcript: (sessionId) => {
      const before = reading.get(sessionId) ?? Promise.resolve();
      const next = before.then(
        () => read(sessionId),
        () => read(sessionId),
      );
      reading.set(sessionId, next);
      const forget = (): void => {
        if (reading.get(sessionId) === next) reading.delete(sessionId);
      };
      next.then(forget, forget);
      return next;
    },
    take,
    keep,
  };
}
