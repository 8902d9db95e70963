/**
 * Works off the stored deliveries of one platform. Level-triggered: rows are the truth, a wake-up
 * only a hint.
 *
 * Invariant: deliveries of one thread are worked off one at a time and in order; one that has to
 * wait holds back its thread and no other. One process does it, by a lease, whoever received them;
 * doing one twice is harmless all the same.
 */
import { isAppError } from '../model/errors.ts';
import { backoffMs } from '../ports/backoff.ts';
import { sleep, type Clock } from '../ports/clock.ts';
import type { Delivery, DeliveryStore, KnownIds } from '../ports/deliveries.ts';
import type { Leases } from '../ports/leases.ts';
import type { Logger } from '../ports/logger.ts';
import type { WakeBus } from '../ports/wake-bus.ts';

/** What a failure of `handle` means. */
export type Verdict =
  | { readonly kind: 'never' }
  | { readonly kind: 'again' }
  /** We were asked to come later: that is no failure, and nothing is given up for it. */
  | { readonly kind: 'later'; readonly ms: number };

export interface DeliveryWorkerDeps {
  /** Of the deliveries: the name of the platform. */
  readonly source: string;
  readonly deliveries: DeliveryStore;
  readonly leases: Leases;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Deliveries with the same lane are done in order. */
  readonly laneOf: (delivery: Delivery) => string;
  /** Rejects when it could not be done. */
  readonly handle: (delivery: Delivery) => Promise<void>;
  readonly judge: (error: unknown) => Verdict;
  /** For the log: what an error says, without secrets. */
  readonly reasonOf: (error: unknown) => string;
}

export interface DeliveryWorker {
  /** Something was stored: whoever works them off, here or on another replica, looks at once. */
  stored(): void;
  /** From now on; until then what is stored waits. Again: nothing. */
  start(): void;
  /** Takes up nothing new, and resolves when what is under way has ended, after STOP_MS at most. */
  stop(): Promise<void>;
  /** Resolves when nothing is left to be done now: for tests. */
  idle(): Promise<void>;
}

/** What is cut off is done again from its row. */
const STOP_MS = 2_000;
const READ = 200;
const LANES = 32;
const SWEEP_MS = 5_000;
/** An hour of trouble on the other side: nothing is given up for less. */
const MAX_ATTEMPTS = 70;
const BACKOFF = { firstMs: 500, longestMs: 60_000, random: Math.random } as const;

interface Lane {
  readonly queue: Delivery[];
  running: boolean;
  failures: number;
  notBefore: number;
}

interface State {
  readonly deps: DeliveryWorkerDeps;
  readonly lease: string;
  readonly lanes: Map<string, Lane>;
  /** Ids in memory: a row that is read again is not taken twice. */
  readonly taken: Set<string>;
  /** Ids that ended but may still be in a list that was read before. */
  readonly finished: Set<string>;
  readonly waiting: Set<() => void>;
  epoch: number | undefined;
  scanning: boolean;
  scanAgain: boolean;
  stopped: boolean;
  cancelTimer: () => void;
}

export function createDeliveryWorker(deps: DeliveryWorkerDeps): DeliveryWorker {
  const state: State = {
    deps,
    lease: `deliveries:${deps.source}`,
    lanes: new Map(),
    taken: new Set(),
    finished: new Set(),
    waiting: new Set(),
    epoch: undefined,
    scanning: false,
    scanAgain: false,
    stopped: true,
    cancelTimer: () => {},
  };
  let unsubscribe: () => void = () => {};
  return {
    stored: () => {
      void scan(state);
      deps.wakeBus.publish('deliveries', deps.source);
    },
    start: () => {
      if (!state.stopped) return;
      state.stopped = false;
      unsubscribe = deps.wakeBus.subscribe('deliveries', (source, remote) => {
        if (remote && source === deps.source) void scan(state);
      });
      void scan(state);
    },
    stop: async () => {
      unsubscribe();
      state.stopped = true;
      state.cancelTimer();
      const over = new AbortController();
      await Promise.race([quiet(state), sleep(deps.clock, STOP_MS, over.signal)]);
      over.abort();
      if (state.epoch !== undefined) await deps.leases.release(state.lease, state.epoch);
    },
    idle: () => quiet(state),
  };
}

function quiet(state: State): Promise<void> {
  return isQuiet(state)
    ? Promise.resolve()
    : new Promise((resolve) => {
        state.waiting.add(resolve);
      });
}

function isQuiet({ scanning, lanes }: State): boolean {
  return !scanning && ![...lanes.values()].some((lane) => lane.running);
}

function settle(state: State): void {
  if (!isQuiet(state)) return;
  for (const resolve of state.waiting) resolve();
  state.waiting.clear();
}

/** Never rejects. One at a time; a call meanwhile adds one more. */
async function scan(state: State): Promise<void> {
  if (state.stopped) return;
  if (state.scanning) {
    state.scanAgain = true;
    return;
  }
  state.scanning = true;
  state.cancelTimer();
  do {
    state.scanAgain = false;
    await scanOnce(state);
  } while (state.scanAgain && !state.stopped);
  state.scanning = false;
  if (!state.stopped)
    state.cancelTimer = state.deps.clock.after(nextLook(state), () => void scan(state));
  settle(state);
}

function nextLook({ lanes, deps }: State): number {
  const now = deps.clock.now();
  const waits = [...lanes.values()]
    .filter((lane) => !lane.running && lane.queue.length > 0)
    .map((lane) => Math.max(1, lane.notBefore - now));
  return Math.min(SWEEP_MS, ...waits);
}

async function scanOnce(state: State): Promise<void> {
  const { deps } = state;
  try {
    state.epoch = await deps.leases.acquire(state.lease);
    if (state.epoch === undefined) {
      forget(state);
      return;
    }
    const finishedBefore = [...state.finished];
    const fresh = await deps.deliveries.pending(deps.source, READ, known(state));
    for (const id of finishedBefore) state.finished.delete(id);
    for (const delivery of fresh) {
      state.taken.add(delivery.id);
      const name = deps.laneOf(delivery);
      const lane = state.lanes.get(name) ?? {
        queue: [],
        running: false,
        failures: 0,
        notBefore: 0,
      };
      lane.queue.push(delivery);
      state.lanes.set(name, lane);
    }
  } catch (error) {
    deps.logger.warn({ err: error }, 'deliveries could not be read; they are read again');
  }
  startLanes(state);
}

function known({ taken, finished }: State): KnownIds {
  return {
    size: taken.size + finished.size,
    has: (id) => taken.has(id) || finished.has(id),
  };
}

/** Another process works them off now: what has not begun is none of ours. */
function forget({ lanes, taken }: State): void {
  for (const [name, lane] of lanes) {
    for (const { id } of lane.queue.splice(lane.running ? 1 : 0)) taken.delete(id);
    if (lane.queue.length === 0) lanes.delete(name);
  }
}

function startLanes(state: State): void {
  const now = state.deps.clock.now();
  let running = [...state.lanes.values()].filter((lane) => lane.running).length;
  for (const [name, lane] of state.lanes) {
    if (running >= LANES || state.stopped) return;
    if (lane.running || lane.notBefore > now || lane.queue.length === 0) continue;
    lane.running = true;
    running += 1;
    void run(state, name, lane);
  }
}

/** Never rejects. */
async function run(state: State, name: string, lane: Lane): Promise<void> {
  while (!state.stopped) {
    const [delivery] = lane.queue;
    if (delivery === undefined || !(await finish(state, lane, delivery))) break;
    lane.queue.shift();
    state.finished.add(delivery.id);
    state.taken.delete(delivery.id);
  }
  lane.running = false;
  if (lane.queue.length === 0) state.lanes.delete(name);
  void scan(state);
  settle(state);
}

/** True when the row has ended. */
async function finish({ deps }: State, lane: Lane, delivery: Delivery): Promise<boolean> {
  const { deliveries, clock, logger, source, judge, reasonOf } = deps;
  const fields = { source, delivery: delivery.id, event: delivery.event };
  try {
    const error = await attempt(deps, lane, delivery);
    if (error === undefined) await deliveries.done(source, delivery.id);
    else {
      // Of an AppError the sentence says it all; anything else is ours to mend.
      const level = isAppError(error) && judge(error).kind === 'never' ? 'warn' : 'error';
      logger[level]({ ...fields, err: error }, 'a delivery is given up');
      await deliveries.failed(source, delivery.id, reasonOf(error));
    }
    lane.failures = 0;
    lane.notBefore = 0;
    return true;
  } catch (error) {
    const verdict = judge(error);
    if (verdict.kind === 'later') {
      lane.notBefore = clock.now() + verdict.ms;
      const reason = reasonOf(error);
      logger.info({ ...fields, wait: verdict.ms, reason }, 'a delivery was told to wait');
      return false;
    }
    lane.failures += 1;
    lane.notBefore = clock.now() + backoffMs(BACKOFF, lane.failures);
    logger.warn({ ...fields, err: error }, 'a delivery has to wait; it is tried again');
    return false;
  }
}

/** Gives the error with which it is given up; rejects while it should be tried again. */
async function attempt(
  { handle, judge }: DeliveryWorkerDeps,
  lane: Lane,
  delivery: Delivery,
): Promise<unknown> {
  try {
    await handle(delivery);
    return undefined;
  } catch (error) {
    const { kind } = judge(error);
    if (kind === 'later' || (kind === 'again' && lane.failures + 1 < MAX_ATTEMPTS)) throw error;
    return error;
  }
}
