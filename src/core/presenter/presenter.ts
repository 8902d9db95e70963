/**
 * The presenter: session events become messages on bound threads. Level-triggered: what a session
 * still has to show is read from the log and from the threads' cursors, so `present` may be called
 * at any time and any number of times, and a session that rests costs one id.
 *
 * Presenting a session in two processes at once is waste, not harm: keys come from the events.
 */
import type { EventHub, LoggedEvent, Subscription } from '../events/hub.ts';
import { parseId, type SessionId } from '../model/ids.ts';
import type { MessageView } from '../model/message.ts';
import type { Transcript } from '../model/transcript.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { Binding, ThreadStore } from '../ports/stores.ts';
import type { ResolvedView } from '../ports/surface.ts';
import { createFolds, type Folds } from './folds.ts';
import { present, type Presented } from './presented.ts';
import { resolvedView } from './resolved.ts';
import { isStructural } from './tracker.ts';

export interface PresenterDeps {
  readonly hub: EventHub;
  readonly sessions: SessionStore;
  readonly threads: ThreadStore;
  readonly outbox: Pick<Outbox, 'open' | 'want'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Presenter {
  /** This process owns the session: shows what it has to show, now and from now on. */
  present(sessionId: SessionId): void;
  /** Another process owns it. */
  drop(sessionId: SessionId): void;
  /** Begins to listen, and looks in the background for what a crash left unshown. */
  start(): void;
  stop(): void;
  /** What a message shows now, for the outbox. Rejects as the store does. */
  resolve(view: MessageView): Promise<ResolvedView | 'gone'>;
  /** What there is to see of a session now. Rejects as the store does. */
  transcript(sessionId: SessionId): Promise<Transcript>;
  /** Sessions with something unfinished, in memory. */
  count(): number;
}

const TICK_MS = 5_000;
/** Every third tick moves the clocks of running turns. */
const CLOCK_TICKS = 3;
const RETRY_MS = 1_000;
/** Sessions that a start looks at for messages that a crash left unopened. */
const LOOKED_AT = 200;
const PAGE = 500;

interface State {
  readonly deps: PresenterDeps;
  readonly folds: Folds;
  readonly owned: Set<SessionId>;
  readonly active: Map<SessionId, Presented>;
  readonly beginning: Map<SessionId, Promise<void>>;
  /** Newest structural event that was heard of each session that is not at rest. */
  readonly heard: Map<SessionId, number>;
  stopped: boolean;
}

export function createPresenter(deps: PresenterDeps): Presenter {
  const state: State = {
    deps,
    folds: createFolds(deps.sessions),
    owned: new Set(),
    active: new Map(),
    beginning: new Map(),
    heard: new Map(),
    stopped: false,
  };
  let all: Subscription | undefined;
  let cancelTimer: () => void = () => {};
  let ticks = 0;
  const tick = (): void => {
    ticks += 1;
    for (const presented of state.active.values()) presented.tick(ticks % CLOCK_TICKS === 0);
    cancelTimer = deps.clock.after(TICK_MS, tick);
  };
  return {
    present: (sessionId) => {
      state.owned.add(sessionId);
      begin(state, sessionId);
    },
    drop: (sessionId) => {
      state.owned.delete(sessionId);
      end(state, sessionId);
    },
    start: () => {
      all = deps.hub.subscribeAll((events) => hear(state, events));
      cancelTimer = deps.clock.after(TICK_MS, tick);
      void lookBack(state);
    },
    stop: () => {
      state.stopped = true;
      all?.close();
      cancelTimer();
      for (const sessionId of state.active.keys()) end(state, sessionId);
    },
    resolve: (view) => resolve(state, view),
    transcript: async (sessionId) => {
      const presented = state.active.get(sessionId);
      if (presented?.isCaughtUp() === true) return presented.folder.view();
      return state.folds.transcript(sessionId);
    },
    count: () => state.active.size,
  };
}

/** A session of ours that rests has something to show again. */
function hear(state: State, events: readonly LoggedEvent[]): void {
  const last = events.findLast((event) => isStructural(event.type));
  const sessionId = last === undefined ? undefined : parseId('s', last.sessionId);
  if (last === undefined || sessionId === undefined || !state.owned.has(sessionId)) return;
  state.heard.set(sessionId, last.seq);
  begin(state, sessionId);
}

function end(state: State, sessionId: SessionId): void {
  const presented = state.active.get(sessionId);
  presented?.close();
  state.active.delete(sessionId);
  state.heard.delete(sessionId);
}

function begin(state: State, sessionId: SessionId): void {
  if (state.stopped || state.active.has(sessionId) || state.beginning.has(sessionId)) return;
  const begun = tryBegin(state, sessionId).finally(() => {
    state.beginning.delete(sessionId);
  });
  state.beginning.set(sessionId, begun);
}

/** Never rejects. */
async function tryBegin(state: State, sessionId: SessionId): Promise<void> {
  try {
    const { sessions, threads } = state.deps;
    const bindings = await threads.bindingsOfSession(sessionId);
    if (bindings.length === 0 || !(await hasNews(state, sessionId, bindings))) return;
    const lastSeq = (await sessions.session(sessionId))?.lastSeq ?? 0;
    if (state.stopped || !state.owned.has(sessionId)) return;
    const folder = state.folds.take(sessionId);
    const presented = present(state.deps, sessionId, {
      folder,
      bindings,
      lastSeq,
      onQuiet: () => rest(state, sessionId),
      onFailed: (error) => again(state, sessionId, error),
    });
    state.active.set(sessionId, presented);
  } catch (error) {
    again(state, sessionId, error);
  }
}

/** Something is unfinished, or happened after what a thread was shown. */
async function hasNews(
  state: State,
  sessionId: SessionId,
  bindings: readonly Binding[],
): Promise<boolean> {
  const { sessions } = state.deps;
  const unfinished = await sessions.prompts(sessionId, ['queued', 'running']);
  if (unfinished.length > 0) return true;
  if ((await sessions.pendingPermissions(sessionId)).length > 0) return true;
  let after = Math.min(...bindings.map((binding) => binding.presentedSeq));
  for (;;) {
    const page = await sessions.events(sessionId, after, PAGE);
    if (page.some((event) => isStructural(event.type))) return true;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return false;
    after = last.seq;
  }
}

function rest(state: State, sessionId: SessionId): void {
  const presented = state.active.get(sessionId);
  if (presented === undefined) return;
  const heard = state.heard.get(sessionId) ?? 0;
  end(state, sessionId);
  state.folds.keep(sessionId, presented.folder);
  if (heard > presented.seq()) begin(state, sessionId);
}

function again(state: State, sessionId: SessionId, error: unknown): void {
  end(state, sessionId);
  const fields = { sessionId, err: error };
  state.deps.logger.warn(fields, 'a session could not be presented; it is tried again');
  state.deps.clock.after(RETRY_MS, () => {
    if (state.owned.has(sessionId)) begin(state, sessionId);
  });
}

/**
 * Sessions that rest have no owner who would call `present`; a crash may have left their last
 * events unshown. Looks at the newest ones only. Never rejects.
 */
async function lookBack(state: State): Promise<void> {
  const { sessions, threads, logger, clock } = state.deps;
  const filter = { states: ['idle', 'failed', 'ended'] } as const;
  try {
    const { data } = await sessions.sessions(filter, null, LOOKED_AT);
    for (const { id } of data) {
      if (state.stopped || state.owned.has(id)) continue;
      const bindings = await threads.bindingsOfSession(id);
      if (bindings.length === 0 || !(await hasNews(state, id, bindings))) continue;
      state.owned.add(id);
      begin(state, id);
    }
  } catch (error) {
    logger.warn(
      { err: error },
      'sessions at rest could not be looked at; they are looked at again',
    );
    clock.after(RETRY_MS, () => {
      if (!state.stopped) void lookBack(state);
    });
  }
}

async function resolve(state: State, view: MessageView): Promise<ResolvedView | 'gone'> {
  if (view.kind === 'notice') return view;
  const presented = state.active.get(view.sessionId);
  if (presented?.isCaughtUp() === true) {
    const shown = resolvedView(view, presented.folder.view());
    if (shown !== 'gone') return shown;
  }
  return resolvedView(view, await state.folds.transcript(view.sessionId));
}
