/**
 * One session that is being presented: its events become messages on its bound threads.
 *
 * Invariant: before a message of an event is wanted, it was opened for every thread that is bound,
 * in one transaction with the thread's cursor; replaying the log opens nothing twice, because keys
 * come from the events.
 */
import type { EventHub, LoggedEvent, Subscription } from '../events/hub.ts';
import type { SessionId, ThreadId } from '../model/ids.ts';
import type { Transcript } from '../model/transcript.ts';
import { PRIORITY, UNSENT, type OutboxMessage, type Priority } from '../model/message.ts';
import type { ThreadRef } from '../model/thread.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Clock } from '../ports/clock.ts';
import type { Binding, ThreadStore } from '../ports/stores.ts';
import type { TranscriptFolder } from '../transcript/fold.ts';
import {
  createTracker,
  refOf,
  turnRef,
  type Opening,
  type Subject,
  type Tracker,
} from './tracker.ts';

export interface PresentedDeps {
  readonly hub: EventHub;
  readonly threads: ThreadStore;
  readonly outbox: Pick<Outbox, 'open' | 'want'>;
  readonly clock: Clock;
}

export interface Presented {
  readonly sessionId: SessionId;
  /** Everything that was in the log when presenting began has been folded in. */
  isCaughtUp(): boolean;
  /** Newest event that was folded in. */
  seq(): number;
  /** Time has passed: moves clocks, shows silence. `moveClocks`: running turns are wanted. */
  tick(moveClocks: boolean): void;
  close(): void;
  readonly folder: TranscriptFolder;
}

/** No event for so long in a running turn is shown as silence. */
export const STALL_MS = 60_000;

interface State {
  readonly deps: PresentedDeps;
  readonly sessionId: SessionId;
  readonly refs: Map<ThreadId, ThreadRef>;
  /** Threads on which we opened the message of a ref. */
  readonly shownOn: Map<string, Set<ThreadId>>;
  readonly transcript: () => Transcript;
  bindings: readonly Binding[];
}

export interface PresentStart {
  /** Stands anywhere in the log. */
  readonly folder: TranscriptFolder;
  /** At least one. */
  readonly bindings: readonly Binding[];
  /** The log's newest now. */
  readonly lastSeq: number;
  /** Everything is shown and nothing is unfinished: presenting has stopped. */
  readonly onQuiet: () => void;
  /** A message could not be opened: presenting has stopped and must begin anew. */
  readonly onFailed: (error: unknown) => void;
}

/** Starts presenting, from the first event that a thread may not have been shown. */
export function present(deps: PresentedDeps, sessionId: SessionId, start: PresentStart): Presented {
  const { folder, bindings, lastSeq } = start;
  const shownTo = Math.min(...bindings.map((binding) => binding.presentedSeq));
  const tracker = createTracker(folder.view());
  let seq = Math.min(folder.view().seq, shownTo);
  const nothing = { refs: new Map(), shownOn: new Map() };
  const state: State = { deps, sessionId, bindings, transcript: folder.view, ...nothing };
  let isStalled = false;

  const work = async (
    openings: readonly Opening[],
    wants: ReadonlyMap<string, Priority>,
  ): Promise<void> => {
    try {
      if (openings.length > 0) await open(state, openings, seq);
      want(state, wants, seq);
      if (seq < lastSeq || !tracker.isQuiet()) return;
      const at = seq;
      await moveCursors(state, at);
      if (seq !== at) return;
      subscription.close();
      start.onQuiet();
    } catch (error) {
      subscription.close();
      start.onFailed(error);
    }
  };

  const sink = (events: readonly LoggedEvent[]): void | Promise<void> => {
    for (const { event } of events) {
      if (event.seq <= seq) continue;
      folder.push(event);
      tracker.push(event, () => folder.view());
      seq = event.seq;
    }
    const { openings, wants } = tracker.collect();
    if (isStalled) wantRunning(tracker, PRIORITY.state, wants);
    isStalled = false;
    if (seq <= shownTo && seq < lastSeq) return undefined;
    if (openings.length > 0 || (tracker.isQuiet() && seq >= lastSeq)) return work(openings, wants);
    want(state, wants, seq);
    return undefined;
  };

  const subscription: Subscription = deps.hub.subscribe(sessionId, seq, sink);
  if (seq >= lastSeq) void work([], new Map());

  return {
    sessionId,
    folder,
    isCaughtUp: () => seq >= lastSeq,
    seq: () => seq,
    tick: (moveClocks) => {
      const isNews = !isStalled && isSilent(tracker, deps.clock.now());
      if (!isNews && !moveClocks) return;
      if (isNews) isStalled = true;
      const wants = new Map<string, Priority>();
      wantRunning(tracker, isNews ? PRIORITY.state : PRIORITY.progress, wants);
      want(state, wants, seq);
    },
    close: () => subscription.close(),
  };
}

function wantRunning(tracker: Tracker, priority: Priority, wants: Map<string, Priority>): void {
  for (const promptId of tracker.running()) wants.set(turnRef(promptId), priority);
}

/** Nothing was heard for a while, and nobody is being waited for. */
function isSilent(tracker: Tracker, now: number): boolean {
  const lastEventAt = tracker.lastEventAt();
  return lastEventAt > 0 && now - lastEventAt >= STALL_MS && !tracker.isAsking();
}

function want(state: State, wants: ReadonlyMap<string, Priority>, version: number): void {
  for (const [ref, priority] of wants) {
    for (const threadId of threadsOf(state, ref)) {
      state.deps.outbox.want(`${ref}@${threadId}`, { priority, version });
    }
  }
}

/** What was not opened by us was opened before, on the threads that had been shown something. */
function threadsOf(state: State, ref: string): Iterable<ThreadId> {
  const opened = state.shownOn.get(ref);
  if (opened !== undefined) return opened;
  return state.bindings.flatMap((b) => (b.presentedSeq > 0 ? [b.threadId] : []));
}

async function open(state: State, openings: readonly Opening[], seq: number): Promise<void> {
  const { threads, outbox } = state.deps;
  state.bindings = await threads.bindingsOfSession(state.sessionId);
  for (const binding of state.bindings) {
    const { threadId, sessionId } = binding;
    const ref = state.refs.get(threadId) ?? (await threads.thread(threadId))?.ref;
    if (ref === undefined) continue;
    state.refs.set(threadId, ref);
    const isMuted = state.transcript().muted?.includes(threadId) === true;
    const shown = isMuted ? openings.filter(({ subject }) => isAsked(subject)) : openings;
    for (const { subject } of openings) {
      const known = state.shownOn.get(refOf(subject)) ?? new Set();
      state.shownOn.set(refOf(subject), known);
    }
    for (const { subject } of shown) state.shownOn.get(refOf(subject))?.add(threadId);
    const fresh = shown.filter((opening) => opening.seq > binding.presentedSeq);
    if (fresh.length === 0) continue;
    const messages = fresh.map((opening) => messageOf(state.sessionId, threadId, ref, opening));
    await outbox.open(messages, { threadId, sessionId, presentedSeq: seq });
  }
}

/** Needs somebody's answer, so it is shown on muted threads too. */
const isAsked = ({ kind }: Subject): boolean => kind === 'permission' || kind === 'reminder';

async function moveCursors(state: State, seq: number): Promise<void> {
  for (const { threadId, sessionId } of state.bindings) {
    await state.deps.outbox.open([], { threadId, sessionId, presentedSeq: seq });
  }
}

function messageOf(
  sessionId: SessionId,
  threadId: ThreadId,
  ref: ThreadRef,
  opening: Opening,
): OutboxMessage {
  return {
    key: `${refOf(opening.subject)}@${threadId}`,
    threadId,
    surface: ref.surface,
    account: ref.account,
    view: viewOf(sessionId, opening.subject),
    ...UNSENT,
    createdAt: opening.at,
  };
}

function viewOf(sessionId: SessionId, subject: Subject): OutboxMessage['view'] {
  switch (subject.kind) {
    case 'turn':
      return { kind: 'turn', sessionId, promptId: subject.promptId };
    case 'permission':
      return { kind: 'permission', sessionId, requestId: subject.requestId };
    case 'reminder':
      return { kind: 'reminder', sessionId, requestId: subject.requestId };
    case 'edit':
      return { kind: 'edit', sessionId, promptId: subject.promptId };
    case 'notice':
      return { kind: 'notice', tone: subject.tone, markdown: subject.markdown };
  }
}
