/**
 * The earlier turns of a session as context for an agent that cannot load them: an ACP agent
 * without session/load and session/resume starts anew after a restart, and is told what was said.
 */
import { decodeEvent } from '../events/append.ts';
import type { ContentBlock } from '../model/content.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { createFolder } from '../transcript/fold.ts';
import { turnText } from '../transcript/text.ts';

/** Characters of history handed on; the newest turns are kept. */
const HISTORY_LIMIT = 40_000;
const PAGE = 1000;

/** Folds the whole log of a session, page by page. */
export async function readTranscript(store: Pick<SessionStore, 'events'>, sessionId: SessionId) {
  const folder = createFolder();
  for (let after = 0; ;) {
    const page = await store.events(sessionId, after, PAGE);
    for (const stored of page) folder.push(decodeEvent(stored));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return folder.view();
    after = last.seq;
  }
}

/** A text block with the turns before `current`; undefined when there were none. */
export async function historyBlock(
  store: Pick<SessionStore, 'events'>,
  sessionId: SessionId,
  current: PromptId,
): Promise<ContentBlock | undefined> {
  const { turns } = await readTranscript(store, sessionId);
  const told: string[] = [];
  let length = 0;
  for (const turn of [...turns.values()].reverse()) {
    if (turn.promptId === current || turn.startedAt === null) continue;
    const text = `Asked: ${turn.text}\n\nAnswered: ${turnText(turn) || `(nothing; ${turn.state})`}`;
    length += text.length;
    if (length > HISTORY_LIMIT) break;
    told.unshift(text);
  }
  if (told.length === 0) return undefined;
  return {
    type: 'text',
    text: `This session was restarted. What was said before, oldest first:\n\n${told.join('\n\n---\n\n')}\n\n---\n\nNow:`,
  };
}
