/**
 * Messages of people, from the moment an edge has them. `accept` stores; the worker does the rest.
 *
 * Invariant: rows of one thread are worked off one at a time and in order, threads side by side, by
 * the one process that holds the lease; a row ends as done or failed, whatever its handler does.
 */
import { isAppError } from '../model/errors.ts';
import { sleep } from '../ports/clock.ts';
import type { Leases } from '../ports/leases.ts';
import type { Inbox, InboundMessage } from '../ports/stores.ts';
import type { WakeBus } from '../ports/wake-bus.ts';
import { backoffMs, type Backoff } from '../ports/backoff.ts';
import { problem } from './context.ts';
import {
  createMessageHandler,
  type HandleDeps,
  type Handled,
  type MessageHandler,
} from './handle.ts';
import { GAVE_UP } from './texts.ts';

export interface InboundDeps extends HandleDeps {
  readonly inbox: Inbox;
  readonly leases: Leases;
  readonly wakeBus: WakeBus;
  /** 0 <= x < 1; Math.random unless a test wants it otherwise. */
  readonly random?: () => number;
}

export interface Inbound {
  /** Durable when it resolves: acknowledge the delivery after it. Rejects as the store does. */
  accept(message: InboundMessage): Promise<'stored' | 'duplicate'>;
  start(): Promise<void>;
  /** Takes up nothing new, and waits a few seconds for what is being handled. Never rejects. */
  stop(): Promise<void>;
}

const LEASE = 'inbox';
/** How often rows are read, and the lease is asked for, without a wake-up. */
const SWEEP_MS = 5_000;
const STOP_MS = 5_000;
/** Rows read at a time; a thread that waits must not hide the others behind it. */
const READ = 1_000;
const LANES = 16;
const BACKOFF = { firstMs: 500, longestMs: 60_000 } as const;
/** With the backoff above: about six minutes. */
const MAX_ATTEMPTS = 12;

interface Lane {
  running: boolean;
  failures: number;
  notBefore: number;
}

interface State {
  readonly deps: InboundDeps;
  readonly handler: MessageHandler;
  readonly backoff: Backoff;
  /** By thread. */
  readonly lanes: Map<string, Lane>;
  /** Rows that are finished but may still be in a list that was read before. */
  readonly finished: Set<string>;
  epoch: number | undefined;
  scanning: Promise<void> | undefined;
  scanAgain: boolean;
  stopped: boolean;
  cancelTimer: () => void;
  onQuiet: () => void;
}

export function createInbound(deps: InboundDeps): Inbound {
  const state: State = {
    deps,
    handler: createMessageHandler(deps),
    backoff: { ...BACKOFF, random: deps.random ?? Math.random },
    lanes: new Map(),
    finished: new Set(),
    epoch: undefined,
    scanning: undefined,
    scanAgain: false,
    stopped: true,
    cancelTimer: () => {},
    onQuiet: () => {},
  };
  let unsubscribe: () => void = () => {};
  return {
    accept: async (message) => {
      const outcome = await deps.inbox.accept(message);
      if (outcome === 'stored') deps.wakeBus.publish('inbox', message.deliveryId);
      return outcome;
    },
    start: async () => {
      state.stopped = false;
      unsubscribe = deps.wakeBus.subscribe('inbox', () => void scan(state));
      await scan(state);
    },
    stop: async () => {
      unsubscribe();
      state.stopped = true;
      state.cancelTimer();
      const quiet = new Promise<void>((resolve) => {
        state.onQuiet = () => {
          if (![...state.lanes.values()].some((lane) => lane.running)) resolve();
        };
        state.onQuiet();
      });
      const over = new AbortController();
      await Promise.race([quiet, sleep(deps.clock, STOP_MS, over.signal)]);
      over.abort();
      await release(state);
    },
  };
}

/** Never rejects: a lease that was not freed is free when this process is known to be gone. */
async function release({ deps, epoch }: State): Promise<void> {
  if (epoch === undefined) return;
  try {
    await deps.leases.release(LEASE, epoch);
  } catch (error) {
    deps.logger.warn({ err: error }, 'the lease of the inbox could not be released');
  }
}

/** One at a time; a call meanwhile adds one more. Never rejects. */
function scan(state: State): Promise<void> {
  if (state.stopped) return Promise.resolve();
  if (state.scanning !== undefined) {
    state.scanAgain = true;
    return state.scanning;
  }
  state.cancelTimer();
  state.scanning = scanNow(state).finally(() => {
    state.scanning = undefined;
    if (state.stopped) return;
    if (state.scanAgain) {
      state.scanAgain = false;
      void scan(state);
    } else {
      state.cancelTimer = state.deps.clock.after(nextScan(state), () => void scan(state));
    }
  });
  return state.scanning;
}

function nextScan(state: State): number {
  const now = state.deps.clock.now();
  const waits = [...state.lanes.values()]
    .filter((lane) => !lane.running && lane.notBefore > now)
    .map((lane) => lane.notBefore - now);
  return Math.min(SWEEP_MS, ...waits);
}

async function scanNow(state: State): Promise<void> {
  const { deps } = state;
  try {
    state.epoch = await deps.leases.acquire(LEASE);
    if (state.epoch === undefined) return;
    const finishedBefore = [...state.finished];
    const rows = await deps.inbox.pending(READ);
    const fresh = rows.filter(
      (row) =>
        !state.finished.has(idOf(row)) && deps.config.mentions(row.thread.surface) !== undefined,
    );
    for (const id of finishedBefore) state.finished.delete(id);
    for (const [thread, own] of Map.groupBy(fresh, threadOf)) take(state, thread, own);
  } catch (error) {
    deps.logger.warn({ err: error }, 'the inbox could not be read; it is read again');
  }
}

const threadOf = ({ thread }: InboundMessage): string =>
  JSON.stringify([thread.surface, thread.key]);
const idOf = ({ thread, deliveryId }: InboundMessage): string =>
  JSON.stringify([thread.surface, deliveryId]);

function take(state: State, thread: string, rows: readonly InboundMessage[]): void {
  const running = [...state.lanes.values()].filter((lane) => lane.running).length;
  const lane = state.lanes.get(thread) ?? { running: false, failures: 0, notBefore: 0 };
  const isHeld = lane.running || lane.notBefore > state.deps.clock.now();
  if (isHeld || running >= LANES || state.stopped) return;
  state.lanes.set(thread, lane);
  lane.running = true;
  void run(state, thread, lane, rows);
}

/** Works off rows of a thread until one must wait. Never rejects. */
async function run(
  state: State,
  thread: string,
  lane: Lane,
  rows: readonly InboundMessage[],
): Promise<void> {
  for (const row of rows) {
    if (state.stopped || !(await finish(state, lane, row))) break;
  }
  lane.running = false;
  if (lane.failures === 0) state.lanes.delete(thread);
  state.onQuiet();
  void scan(state);
}

/** True when the row has ended; false: try again later, and nothing of the thread before it. */
async function finish(state: State, lane: Lane, row: InboundMessage): Promise<boolean> {
  const { inbox, clock, logger } = state.deps;
  const { surface } = row.thread;
  try {
    const handled = await attempt(state, lane, row);
    if (handled.kind === 'done') await inbox.done(surface, row.deliveryId);
    else await inbox.failed(surface, row.deliveryId, handled.error);
    state.finished.add(idOf(row));
    lane.failures = 0;
    lane.notBefore = 0;
    return true;
  } catch (error) {
    lane.failures += 1;
    lane.notBefore = clock.now() + backoffMs(state.backoff, lane.failures);
    const fields = { err: error, deliveryId: row.deliveryId, failures: lane.failures };
    logger.warn(fields, 'a message has to wait; it is tried again');
    return false;
  }
}

/** Rejects while it should be tried again. */
async function attempt(state: State, lane: Lane, row: InboundMessage): Promise<Handled> {
  try {
    return await state.handler.handle(row);
  } catch (error) {
    if (lane.failures + 1 < MAX_ATTEMPTS) throw error;
    await state.handler.tell(row, problem(GAVE_UP));
    const reason = isAppError(error) ? error.message : String(error);
    return { kind: 'failed', error: `given up after ${MAX_ATTEMPTS} attempts: ${reason}` };
  }
}
