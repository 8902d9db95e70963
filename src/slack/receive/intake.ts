/**
 * From a payload to its listener. Invariant: a payload is stored before it is acknowledged, worked
 * off after that, in order within its thread, and again from its row when a process dies on it.
 */
import { isAppError } from '../../core/model/errors.ts';
import {
  createDeliveryWorker,
  type DeliveryWorkerDeps,
  type Verdict,
} from '../../core/platforms/deliveries.ts';
import type { Delivery } from '../../core/ports/deliveries.ts';
import { SURFACE } from '../address.ts';
import { deliveryIdOf, laneOf, parseEnvelope, type Envelope } from '../payloads.ts';

export interface IntakeDeps extends Pick<
  DeliveryWorkerDeps,
  'deliveries' | 'leases' | 'wakeBus' | 'clock' | 'logger'
> {
  /** Carries it out. Rejects with AppError `unavailable` when trying again helps. */
  readonly dispatch: (payload: Envelope) => Promise<void>;
}

export interface Intake {
  /** Stored when it resolves: acknowledge after it. Rejects as the store does. */
  take(payload: unknown): Promise<void>;
  /** Works off what is stored, also what an earlier process left. Again: nothing. */
  start(): void;
  /** Takes up nothing new; waits a little for what is under way. */
  stop(): Promise<void>;
}

export function createIntake(deps: IntakeDeps): Intake {
  const { deliveries, clock, logger } = deps;
  const worker = createDeliveryWorker({
    ...deps,
    source: SURFACE,
    laneOf: (delivery) => {
      const envelope = envelopeOf(delivery);
      return envelope === undefined ? delivery.id : laneOf(envelope);
    },
    handle: async (delivery) => {
      const envelope = envelopeOf(delivery);
      if (envelope !== undefined) await deps.dispatch(envelope);
    },
    judge,
    reasonOf: String,
  });
  return {
    async take(payload) {
      const envelope = parseEnvelope(payload);
      const id = envelope === undefined ? undefined : deliveryIdOf(envelope);
      if (envelope === undefined || id === undefined) {
        logger.info({}, 'a payload of Slack says nothing that we know');
        return;
      }
      const event = envelope.event?.type ?? envelope.command ?? envelope.type ?? 'unknown';
      const body = JSON.stringify(payload);
      const delivery = { source: SURFACE, id, event, body, receivedAt: clock.now() };
      if ((await deliveries.accept(delivery)) !== 'finished') worker.stored();
    },
    start: () => worker.start(),
    stop: () => worker.stop(),
  };
}

const envelopeOf = ({ body }: Delivery): Envelope | undefined => parseEnvelope(JSON.parse(body));

function judge(error: unknown): Verdict {
  if (!isAppError(error, 'unavailable')) return { kind: 'never' };
  const { retryAfterMs } = error.details;
  return typeof retryAfterMs === 'number' ? { kind: 'later', ms: retryAfterMs } : { kind: 'again' };
}
