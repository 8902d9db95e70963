/**
 * From a payload to its listener. Invariant: a payload is stored before it is acknowledged, worked
 * off after that, in order within its thread, and again from its row when this process dies on it.
 *
 * Whoever received it works it off; rows that nobody finished are found at the start, and now and
 * then by the one process that holds the lease.
 */
import { isAppError } from '../../core/model/errors.ts';
import { backoffMs } from '../../core/ports/backoff.ts';
import { sleep, type Clock } from '../../core/ports/clock.ts';
import type { Delivery, DeliveryStore } from '../../core/ports/deliveries.ts';
import type { Leases } from '../../core/ports/leases.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { deliveryIdOf, laneOf, parseEnvelope, type Envelope } from '../payloads.ts';

export interface IntakeDeps {
  readonly deliveries: DeliveryStore;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Carries it out. Rejects with AppError `unavailable` when trying again helps. */
  readonly dispatch: (payload: Envelope) => Promise<void>;
}

export interface Intake {
  /** Stored when it resolves: acknowledge after it. Rejects as the store does. */
  take(payload: unknown): Promise<void>;
  /** Works off what an earlier process left. */
  start(): Promise<void>;
  /** Takes up nothing new; waits a few seconds for what is under way. */
  stop(): Promise<void>;
}

const SOURCE = 'slack';
const LEASE = 'deliveries:slack';
const SWEEP_MS = 15_000;
/** A row that is younger may still be in the hands of the process that received it. */
const ORPHANED_MS = 60_000;
const READ = 500;
const STOP_MS = 5_000;
const BACKOFF = { firstMs: 500, longestMs: 60_000, random: Math.random };
const MAX_ATTEMPTS = 10;

interface State {
  readonly deps: IntakeDeps;
  /** The last work of each lane; the next one begins after it. */
  readonly lanes: Map<string, Promise<void>>;
  readonly inHand: Set<string>;
  readonly stopping: AbortController;
  cancelTimer: () => void;
}

export function createIntake(deps: IntakeDeps): Intake {
  const state: State = {
    deps,
    lanes: new Map(),
    inHand: new Set(),
    stopping: new AbortController(),
    cancelTimer: () => {},
  };
  return {
    take: (payload) => take(state, payload),
    start: () => sweep(state, 0),
    async stop() {
      state.stopping.abort();
      state.cancelTimer();
      const over = new AbortController();
      const quiet = Promise.all(state.lanes.values());
      await Promise.race([quiet, sleep(deps.clock, STOP_MS, over.signal)]);
      over.abort();
    },
  };
}

async function take(state: State, payload: unknown): Promise<void> {
  const { deps } = state;
  const envelope = parseEnvelope(payload);
  const id = envelope === undefined ? undefined : deliveryIdOf(envelope);
  if (envelope === undefined || id === undefined) {
    deps.logger.info({}, 'a payload of Slack says nothing that we know');
    return;
  }
  const event = envelope.event?.type ?? envelope.command ?? envelope.type ?? 'unknown';
  const body = JSON.stringify(payload);
  const delivery = { source: SOURCE, id, event, body, receivedAt: deps.clock.now() };
  const known = await deps.deliveries.accept(delivery);
  if (known !== 'finished') enqueue(state, delivery, envelope);
}

function enqueue(state: State, delivery: Delivery, envelope: Envelope): void {
  if (state.inHand.has(delivery.id) || state.stopping.signal.aborted) return;
  state.inHand.add(delivery.id);
  const lane = laneOf(envelope);
  const before = state.lanes.get(lane) ?? Promise.resolve();
  const work = before
    .then(() => workOff(state, delivery, envelope))
    .finally(() => {
      state.inHand.delete(delivery.id);
      if (state.lanes.get(lane) === work) state.lanes.delete(lane);
    });
  state.lanes.set(lane, work);
}

/** Never rejects: what is not finished stays in its row. */
async function workOff(state: State, delivery: Delivery, envelope: Envelope): Promise<void> {
  const { deps, stopping } = state;
  const { id, event } = delivery;
  for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
    try {
      await deps.dispatch(envelope);
      await deps.deliveries.done(SOURCE, id);
      return;
    } catch (error) {
      const wait = retryAfterOf(error);
      if (wait !== undefined) {
        // Being asked to come later is no failure: nothing is given up for it.
        deps.logger.info({ id, event, wait }, 'a delivery from Slack was told to wait');
        attempt -= 1;
        await sleep(deps.clock, wait, stopping.signal);
        continue;
      }
      const mayHelp = isAppError(error, 'unavailable') && attempt < MAX_ATTEMPTS;
      deps.logger.warn({ err: error, id, event, attempt }, 'a delivery from Slack failed');
      if (!mayHelp) return giveUp(deps, id, error);
      await sleep(deps.clock, backoffMs(BACKOFF, attempt), stopping.signal);
    }
  }
}

function retryAfterOf(error: unknown): number | undefined {
  if (!isAppError(error, 'unavailable')) return undefined;
  const { retryAfterMs } = error.details;
  return typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
}

async function giveUp(deps: IntakeDeps, id: string, reason: unknown): Promise<void> {
  try {
    await deps.deliveries.failed(SOURCE, id, String(reason));
  } catch (error) {
    deps.logger.error({ err: error, id }, 'a failed delivery could not be recorded');
  }
}

/** Never rejects. */
async function sweep(state: State, olderThanMs: number): Promise<void> {
  const { deps, stopping } = state;
  try {
    if ((await deps.leases.acquire(LEASE)) !== undefined) {
      const before = deps.clock.now() - olderThanMs;
      for (const delivery of await deps.deliveries.pending(SOURCE, READ, state.inHand)) {
        const envelope = parseEnvelope(JSON.parse(delivery.body));
        if (envelope !== undefined && delivery.receivedAt <= before) {
          enqueue(state, delivery, envelope);
        }
      }
    }
  } catch (error) {
    deps.logger.warn({ err: error }, 'deliveries from Slack could not be read; again soon');
  }
  if (stopping.signal.aborted) return;
  state.cancelTimer = deps.clock.after(SWEEP_MS, () => void sweep(state, ORPHANED_MS));
}
