/** What a message shows, read from the transcript of its session. Pure. */
import type { MessageView } from '../model/message.ts';
import type { Transcript } from '../model/transcript.ts';
import type { ResolvedNotice, ResolvedView } from '../ports/surface.ts';
import { editOf, reminderOf } from '../transcript/spoken.ts';

/** How long a button for an edit works; the command works ever after. */
const OFFER_MS = 30 * 24 * 3_600_000;

type FromTranscript = Exclude<MessageView, { kind: 'notice' }>;

/** `gone`: the log knows nothing of it. */
export function resolvedView(view: FromTranscript, transcript: Transcript): ResolvedView | 'gone' {
  const { sessionId } = view;
  switch (view.kind) {
    case 'turn': {
      const turn = transcript.turns.get(view.promptId);
      return turn === undefined ? 'gone' : { kind: 'turn', sessionId, turn, transcript };
    }
    case 'permission': {
      const permission = transcript.permissions.get(view.requestId);
      if (permission === undefined) return 'gone';
      return { kind: 'permission', sessionId, permission, transcript };
    }
    case 'reminder':
      return reminder(view, transcript);
    case 'edit':
      return edit(view, transcript);
  }
}

function reminder(
  { requestId }: Extract<FromTranscript, { kind: 'reminder' }>,
  { permissions, turns, agentName }: Transcript,
): ResolvedNotice | 'gone' {
  const permission = permissions.get(requestId);
  if (permission === undefined) return 'gone';
  const asker = permission.promptId === null ? undefined : turns.get(permission.promptId)?.actor;
  return { kind: 'notice', ...reminderOf(permission, agentName, asker) };
}

function edit(
  { sessionId, promptId }: Extract<FromTranscript, { kind: 'edit' }>,
  { turns }: Transcript,
): ResolvedNotice | 'gone' {
  const turn = turns.get(promptId);
  const said = turn === undefined ? undefined : editOf(turn);
  if (turn?.edit === undefined || said === undefined) return 'gone';
  const notice: ResolvedNotice = { kind: 'notice', ...said };
  if (turn.edit.takenBy !== null) return notice;
  const { text, at } = turn.edit;
  const offer = { label: 'Run again with the edit', sessionId, promptId, text };
  return { ...notice, offer: { ...offer, expiresAt: at + OFFER_MS } };
}
