/**
 * Works off stored deliveries. Level-triggered: rows are the truth, a wake-up only a hint.
 *
 * Invariant: deliveries of one thread are worked off one at a time and in order; one that has to
 * wait holds back its thread and no other. One process does it, by a lease; doing one twice is
 * harmless all the same.
 */
import { backoffMs } from '../../core/ports/backoff.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Delivery, DeliveryStore, KnownIds } from '../../core/ports/deliveries.ts';
import type { Leases } from '../../core/ports/leases.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { SURFACE } from '../address.ts';
import { isTemporary, messageOf, retryAfterOf } from '../client/failures.ts';

export interface WorkerDeps {
  readonly deliveries: DeliveryStore;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Deliveries with the same lane are done in order. */
  readonly laneOf: (delivery: Delivery) => string;
  /** Rejects when it could not be done. */
  readonly handle: (delivery: Delivery) => Promise<void>;
}

export interface Worker {
  wake(): void;
  start(): void;
  /** Takes up nothing new, and resolves when what is under way has ended. */
  stop(): Promise<void>;
  /** Resolves when nothing is left to be done now: for tests. */
  idle(): Promise<void>;
}

const LEASE = 'deliveries:github';
const READ = 200;
const LANES = 16;
const SWEEP_MS = 5_000;
const MAX_ATTEMPTS = 10;
const BACKOFF = { firstMs: 500, longestMs: 60_000, random: Math.random } as const;

interface Lane {
  readonly queue: Delivery[];
  running: boolean;
  failures: number;
  notBefore: number;
}

interface State {
  readonly deps: WorkerDeps;
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

export function createWorker(deps: WorkerDeps): Worker {
  const state: State = {
    deps,
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
  const quiet = (): Promise<void> =>
    isQuiet(state) ? Promise.resolve() : new Promise((resolve) => state.waiting.add(resolve));
  return {
    wake: () => void scan(state),
    start: () => {
      state.stopped = false;
      void scan(state);
    },
    stop: async () => {
      state.stopped = true;
      state.cancelTimer();
      await quiet();
      if (state.epoch !== undefined) await deps.leases.release(LEASE, state.epoch);
    },
    idle: quiet,
  };
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
    state.epoch = await deps.leases.acquire(LEASE);
    if (state.epoch === undefined) return;
    const finishedBefore = [...state.finished];
    const fresh = await deps.deliveries.pending(SURFACE, READ, known(state));
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
  const { deliveries, clock, logger } = deps;
  const fields = { delivery: delivery.id, event: delivery.event };
  try {
    const error = await attempt(deps, lane, delivery);
    if (error === undefined) await deliveries.done(SURFACE, delivery.id);
    else {
      logger.error({ ...fields, err: error }, 'a delivery is given up');
      await deliveries.failed(SURFACE, delivery.id, messageOf(error));
    }
    lane.failures = 0;
    lane.notBefore = 0;
    return true;
  } catch (error) {
    // Being asked to come later is no failure: a mention is never given up for it.
    const wait = retryAfterOf(error, clock.now());
    if (wait !== undefined) {
      lane.notBefore = clock.now() + wait;
      logger.info({ ...fields, wait, reason: messageOf(error) }, 'a delivery was told to wait');
      return false;
    }
    lane.failures += 1;
    lane.notBefore = clock.now() + backoffMs(BACKOFF, lane.failures);
    logger.warn({ ...fields, err: error }, 'a delivery has to wait; it is tried again');
    return false;
  }
}

/** Gives the error with which it is given up; rejects while it should be tried again. */
async function attempt(deps: WorkerDeps, lane: Lane, delivery: Delivery): Promise<unknown> {
  try {
    await deps.handle(delivery);
    return undefined;
  } catch (error) {
    if (retryAfterOf(error, 0) !== undefined) throw error;
    if (lane.failures + 1 < MAX_ATTEMPTS && isTemporary(error)) throw error;
    return error;
  }
}
