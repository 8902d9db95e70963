/**
 * What events mean for messages: which are to be opened, which brought up to date and how urgently.
 * Pure; the fold says what they read.
 */
import type { SessionEvent, SessionEventType } from '../model/events.ts';
import { PRIORITY, type Priority } from '../model/message.ts';
import type { PromptId, RequestId } from '../model/ids.ts';
import type { Transcript } from '../model/transcript.ts';
import { promptIdOf, requestIdOf } from '../transcript/raw.ts';
import { noticeOf } from './notices.ts';

/** A message, whatever the thread: `turn:<promptId>`, `permission:<requestId>` and the like. */
export type Subject =
  | { readonly kind: 'turn'; readonly promptId: PromptId }
  | { readonly kind: 'permission'; readonly requestId: RequestId }
  | { readonly kind: 'reminder'; readonly requestId: RequestId }
  | { readonly kind: 'edit'; readonly promptId: PromptId }
  | {
      readonly kind: 'notice';
      readonly id: string;
      readonly tone: 'info' | 'error';
      readonly markdown: string;
    };

export interface Opening {
  readonly subject: Subject;
  readonly seq: number;
  readonly at: number;
}

export interface Tracker {
  /** Call after the event was folded; `transcript` is looked at only when it is needed. */
  push(event: SessionEvent, transcript: () => Transcript): void;
  /** What the events since the last call want; forgets it. */
  collect(): { readonly openings: readonly Opening[]; readonly wants: Map<string, Priority> };
  running(): readonly PromptId[];
  /** Somebody is asked and has not answered: silence is no news. */
  isAsking(): boolean;
  /** Time of the newest event; 0 before the first. */
  lastEventAt(): number;
  /** Nothing queued, running or pending. */
  isQuiet(): boolean;
}

export const turnRef = (promptId: string): string => `turn:${promptId}`;
export const permissionRef = (requestId: string): string => `permission:${requestId}`;

const reminderRef = (requestId: string): string => `reminder:${requestId}`;
const editRef = (promptId: string): string => `edit:${promptId}`;

export function refOf(subject: Subject): string {
  switch (subject.kind) {
    case 'turn':
      return turnRef(subject.promptId);
    case 'permission':
      return permissionRef(subject.requestId);
    case 'reminder':
      return reminderRef(subject.requestId);
    case 'edit':
      return editRef(subject.promptId);
    case 'notice':
      return subject.id;
  }
}

const STRUCTURAL: ReadonlySet<SessionEventType> = new Set([
  'prompt.queued',
  'prompt.cancelled',
  'turn.ended',
  'prompt.edited',
  'permission.requested',
  'permission.reminded',
  'permission.resolved',
  'session.error',
  'session.terminated',
]);

/** Whether a session that rests must be looked at because of this event. */
export const isStructural = (type: SessionEventType): boolean => STRUCTURAL.has(type);

interface State {
  readonly queued: Set<PromptId>;
  readonly running: Set<PromptId>;
  /** Turns whose next update says that the agent works (again). */
  readonly silent: Set<PromptId>;
  readonly pending: Map<RequestId, PromptId | null>;
  /** Pending ones that people were reminded of. */
  readonly reminded: Set<RequestId>;
  readonly openings: Opening[];
  readonly wants: Map<string, Priority>;
  latest: PromptId | undefined;
  lastEventAt: number;
}

/**
 * `from`: what was folded before the first event that is pushed, or later: events that are in it
 * already want their messages again, and change nothing else.
 */
export function createTracker(from: Transcript): Tracker {
  const open = [...from.turns.values()].filter((turn) => turn.endedAt === null);
  const state: State = {
    queued: new Set(open.filter((t) => t.state === 'queued').map((t) => t.promptId)),
    running: new Set(open.filter((t) => t.state !== 'queued').map((t) => t.promptId)),
    silent: new Set(open.filter((t) => t.state === 'preparing').map((t) => t.promptId)),
    pending: new Map(
      [...from.permissions.values()]
        .filter((permission) => permission.outcome === null)
        .map((permission) => [permission.requestId, permission.promptId]),
    ),
    reminded: new Set(
      [...from.permissions.values()]
        .filter((permission) => permission.outcome === null && permission.remindedAt !== undefined)
        .map((permission) => permission.requestId),
    ),
    openings: [],
    wants: new Map(),
    latest: open.find((turn) => turn.state !== 'queued')?.promptId,
    lastEventAt: 0,
  };
  return {
    push: (event, transcript) => {
      state.lastEventAt = event.at;
      apply(state, event, transcript);
    },
    collect: () => {
      const openings = state.openings.splice(0);
      const wants = new Map(state.wants);
      state.wants.clear();
      return { openings, wants };
    },
    running: () => [...state.running],
    isAsking: () => state.pending.size > 0,
    lastEventAt: () => state.lastEventAt,
    isQuiet: () => state.queued.size + state.running.size + state.pending.size === 0,
  };
}

function want(state: State, ref: string, priority: Priority): void {
  const before = state.wants.get(ref);
  if (before === undefined || priority < before) state.wants.set(ref, priority);
}

function wantQueue(state: State): void {
  for (const promptId of state.queued) want(state, turnRef(promptId), PRIORITY.state);
}

function open(state: State, event: SessionEvent, subject: Subject): void {
  state.openings.push({ subject, seq: event.seq, at: event.at });
}

function apply(state: State, event: SessionEvent, transcript: () => Transcript): void {
  switch (event.type) {
    case 'prompt.queued':
      queued(state, event, promptIdOf(event.data.promptId));
      if (event.data.editOf !== undefined) want(state, editRef(event.data.editOf), PRIORITY.state);
      return undefined;
    case 'prompt.edited': {
      const promptId = promptIdOf(event.data.promptId);
      open(state, event, { kind: 'edit', promptId });
      // It may be there from an edit before.
      want(state, editRef(promptId), PRIORITY.state);
      return undefined;
    }
    case 'turn.stopping':
      want(state, turnRef(event.data.promptId), PRIORITY.state);
      return undefined;
    case 'session.started':
      for (const promptId of state.running) want(state, turnRef(promptId), PRIORITY.progress);
      return undefined;
    case 'permission.reminded': {
      const requestId = requestIdOf(event.data.requestId);
      state.reminded.add(requestId);
      open(state, event, { kind: 'reminder', requestId });
      return undefined;
    }
    case 'prompt.started':
      return started(state, promptIdOf(event.data.promptId));
    case 'prompt.cancelled':
    case 'turn.ended':
      return ended(state, promptIdOf(event.data.promptId));
    case 'update':
      return updated(state, event.data);
    case 'span.environment_setup_start':
      for (const promptId of state.running) {
        state.silent.add(promptId);
        want(state, turnRef(promptId), PRIORITY.state);
      }
      return undefined;
    case 'permission.requested':
      return requested(state, event, requestIdOf(event.data.requestId), event.data.promptId);
    case 'permission.resolved':
      return resolved(state, event.data);
    case 'queue.updated':
    case 'queue.paused':
    case 'queue.resumed':
      return wantQueue(state);
    case 'session.error':
    case 'session.terminated': {
      // A turn that is still open will say itself how it ended.
      const notice = state.running.size > 0 ? undefined : noticeOf(event, transcript());
      if (notice !== undefined) open(state, event, notice);
      return undefined;
    }
    default:
    // The rest changes nothing that a thread shows.
  }
  return undefined;
}

function queued(state: State, event: SessionEvent, promptId: PromptId): void {
  state.queued.add(promptId);
  open(state, event, { kind: 'turn', promptId });
}

function started(state: State, promptId: PromptId): void {
  state.queued.delete(promptId);
  state.running.add(promptId);
  state.silent.add(promptId);
  state.latest = promptId;
  want(state, turnRef(promptId), PRIORITY.state);
  wantQueue(state);
}

function ended(state: State, promptId: PromptId): void {
  const wasQueued = state.queued.delete(promptId);
  state.running.delete(promptId);
  state.silent.delete(promptId);
  want(state, turnRef(promptId), PRIORITY.final);
  if (wasQueued) wantQueue(state);
}

function updated(
  state: State,
  data: { promptId?: string | undefined; replay?: boolean | undefined },
): void {
  if (data.replay === true) return;
  const promptId = data.promptId === undefined ? state.latest : promptIdOf(data.promptId);
  if (promptId === undefined) return;
  const isSignOfWork = state.silent.delete(promptId);
  want(state, turnRef(promptId), isSignOfWork ? PRIORITY.state : PRIORITY.progress);
}

function requested(
  state: State,
  event: SessionEvent,
  requestId: RequestId,
  promptId: string | null,
): void {
  state.pending.set(requestId, promptId === null ? null : promptIdOf(promptId));
  open(state, event, { kind: 'permission', requestId });
  if (promptId !== null) want(state, turnRef(promptId), PRIORITY.state);
}

function resolved(
  state: State,
  data: Extract<SessionEvent, { type: 'permission.resolved' }>['data'],
): void {
  const requestId = requestIdOf(data.requestId);
  const byRule = data.rule !== undefined;
  const promptId = state.pending.get(requestId);
  state.pending.delete(requestId);
  if (state.reminded.delete(requestId)) want(state, reminderRef(requestId), PRIORITY.state);
  const ref = permissionRef(requestId);
  const asked = state.openings.findIndex((opening) => refOf(opening.subject) === ref);
  // A rule decided at once: nobody was ever asked, the turn shows the tool call.
  if (byRule && asked !== -1) state.openings.splice(asked, 1);
  // Whoever answered looks at it; one that lapsed with its turn waits until the ends are told.
  else want(state, ref, data.outcome === 'selected' ? PRIORITY.permission : PRIORITY.state);
  if (promptId !== undefined && promptId !== null) {
    want(state, turnRef(promptId), PRIORITY.state);
  }
}
