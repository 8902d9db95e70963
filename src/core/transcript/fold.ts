/**
 * Session events -> Transcript: the one place where a log becomes what people see. Pure. An event
 * that was folded in before (seq not above the transcript's) changes nothing, so readers may
 * overlap. Turns and permissions that an event does not touch keep their identity.
 */
import type { SessionEvent } from '../model/events.ts';
import type { Transcript } from '../model/transcript.ts';
import { flush, latestStarted, patch, type State } from './fold-state.ts';
import {
  permissionReminded,
  permissionRequested,
  permissionResolved,
} from './permission-events.ts';
import {
  promptCancelled,
  promptEdited,
  promptQueued,
  promptStarted,
  sessionStarted,
  queueUpdated,
  setUp,
  turnEnded,
  turnStopping,
  updated,
} from './turn-events.ts';

export interface TranscriptFolder {
  /** Amortised O(1) in the length of the stream. */
  push(event: SessionEvent): void;
  /** The transcript as of the last push; costs what changed since the last look. */
  view(): Transcript;
}

export function emptyTranscript(): Transcript {
  return {
    agentName: '',
    title: null,
    cwd: null,
    turns: new Map(),
    permissions: new Map(),
    queue: [],
    queuePaused: false,
    agentCommands: [],
    currentModeId: null,
    usage: null,
    ended: false,
    reopened: false,
    seq: 0,
  };
}

/** The transcript after one more event. For long streams use `createFolder`. */
export function fold(transcript: Transcript, event: SessionEvent): Transcript {
  const folder = createFolder(transcript);
  folder.push(event);
  return folder.view();
}

/** Folds on from `from`, which is never changed. */
export function createFolder(from: Transcript = emptyTranscript()): TranscriptFolder {
  const state: State = {
    transcript: from,
    drafts: new Map(),
    dirty: new Set(),
    latest: latestStarted(from.turns),
  };
  return {
    push(event) {
      if (event.seq <= state.transcript.seq) return;
      applyEvent(state, event);
      state.transcript = { ...state.transcript, seq: event.seq };
    },
    view() {
      flush(state);
      return state.transcript;
    },
  };
}

function applyEvent(state: State, event: SessionEvent): void {
  switch (event.type) {
    case 'session.created':
      return patch(state, { agentName: event.data.agentName });
    case 'session.started':
      return sessionStarted(state, event.data, event);
    case 'session.resumed':
      return patch(state, { ended: false, reopened: true });
    case 'session.terminated':
      return patch(state, { ended: true });
    case 'prompt.queued':
      return promptQueued(state, event.data, event);
    case 'prompt.started':
      return promptStarted(state, event.data, event);
    case 'prompt.cancelled':
      return promptCancelled(state, event.data, event);
    case 'prompt.edited':
      return promptEdited(state, event.data, event);
    case 'turn.stopping':
      return turnStopping(state, event.data, event);
    case 'turn.ended':
      return turnEnded(state, event.data, event);
    case 'update':
      return updated(state, event.data, event);
    case 'permission.requested':
      return permissionRequested(state, event.data, event);
    case 'permission.reminded':
      return permissionReminded(state, event.data, event);
    case 'permission.resolved':
      return permissionResolved(state, event.data, event);
    case 'thread.muted':
    case 'thread.unmuted': {
      const others = (state.transcript.muted ?? []).filter((id) => id !== event.data.threadId);
      const muted = event.type === 'thread.muted' ? [...others, event.data.threadId] : others;
      return patch(state, { muted });
    }
    case 'queue.updated':
      return queueUpdated(state, event.data, event);
    case 'queue.paused':
      return patch(state, { queuePaused: true });
    case 'queue.resumed':
      return patch(state, { queuePaused: false });
    case 'span.environment_setup_start':
      return setUp(state, event);
    default:
    // The rest is for programs and for whoever debugs: it changes nothing that a thread shows.
  }
}
