/**
 * What Slack sends to the app, and how often. Events are sent again (at once, after 1 and after 5
 * minutes) until one attempt is answered within 3 s; clicks and commands are sent once.
 */
import type { Clock } from '../../../src/core/ports/clock.ts';
import type { Json } from './state.ts';

const ACK_MS = 3000;
const RETRY_AFTER_MS = [0, 60_000, 300_000];

export type DeliveryKind = 'event' | 'interactive' | 'command';

export interface Attempt {
  readonly at: number;
  /** How it ended; empty while it waits for the answer. */
  outcome: 'acked' | 'http_error' | 'http_timeout' | 'connection_failed' | '';
  status: number | null;
  ms: number;
}

export interface Delivery {
  readonly kind: DeliveryKind;
  readonly teamId: string;
  readonly payload: Json;
  readonly attempts: Attempt[];
  /** `waiting` between attempts too; `lost` when Slack gave up or a fault dropped it. */
  state: 'waiting' | 'acked' | 'lost';
  /** Body of the answer that acknowledged it. */
  answer: unknown;
}

export type DeliveryFault =
  | { readonly kind: 'duplicate'; readonly times?: number }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Never arrives, as when Slack's own retries all fail. */
  | { readonly kind: 'drop' }
  /** Goes after the delivery that comes next. */
  | { readonly kind: 'reorder' }
  /** Somebody else's: sent once, with a signature that does not fit, or that is ten minutes old. */
  | { readonly kind: 'wrong_signature' }
  | { readonly kind: 'old_timestamp' };

export interface Sending {
  readonly delivery: Delivery;
  readonly retryNum: number;
  readonly retryReason: string;
  readonly forged: 'wrong_signature' | 'old_timestamp' | null;
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  /** The app asked not to be sent this again. */
  readonly noRetry: boolean;
}

/** One attempt. Rejects when nobody listens or the connection breaks. */
export type Transport = (sending: Sending) => Promise<Reply>;

export interface Courier {
  readonly deliveries: Delivery[];
  fault: (delivery: Delivery) => DeliveryFault | undefined;
  send(kind: DeliveryKind, teamId: string, payload: Json): Delivery;
  /** Slack lost the acknowledgement: it delivers this once more. */
  again(delivery: Delivery): void;
  /** Attempts that wait for their answer now. */
  busy(): number;
}

export function createCourier(
  clock: Clock,
  transport: Transport,
  onAck: (delivery: Delivery) => void,
): Courier {
  const deliveries: Delivery[] = [];
  let held: (() => void)[] = [];
  let busy = 0;

  const attempt = async (
    delivery: Delivery,
    retryNum: number,
    retryReason: string,
    forged: Sending['forged'],
  ): Promise<Attempt> => {
    const made: Attempt = { at: clock.now(), outcome: '', status: null, ms: 0 };
    delivery.attempts.push(made);
    busy += 1;
    const aborter = new AbortController();
    const late = Promise.withResolvers<'late'>();
    const forget = clock.after(ACK_MS, () => late.resolve('late'));
    try {
      const { signal } = aborter;
      const sent = transport({ delivery, retryNum, retryReason, forged, signal });
      const reply = await Promise.race([sent, late.promise]);
      if (reply === 'late') {
        sent.catch(() => undefined);
        made.outcome = 'http_timeout';
      } else {
        made.status = reply.status;
        made.outcome = reply.status >= 200 && reply.status < 300 ? 'acked' : 'http_error';
        if (made.outcome === 'acked') {
          delivery.answer = reply.body;
          delivery.state = 'acked';
          onAck(delivery);
        } else if (reply.noRetry) delivery.state = 'lost';
      }
    } catch {
      made.outcome = 'connection_failed';
    } finally {
      forget();
      aborter.abort();
      made.ms = clock.now() - made.at;
      busy -= 1;
    }
    return made;
  };

  const start = (delivery: Delivery, forged: Sending['forged'] = null): void => {
    const go = async (retryNum: number, reason: string): Promise<void> => {
      const { outcome } = await attempt(delivery, retryNum, reason, forged);
      if (outcome === 'acked' || delivery.state !== 'waiting') return;
      const wait = RETRY_AFTER_MS[retryNum];
      if (forged !== null || delivery.kind !== 'event' || wait === undefined) {
        delivery.state = 'lost';
        return;
      }
      clock.after(wait, () => void go(retryNum + 1, outcome));
    };
    void go(0, '');
  };

  const send: Courier['send'] = (kind, teamId, payload) => {
    const delivery: Delivery = {
      kind,
      teamId,
      payload,
      attempts: [],
      state: 'waiting',
      answer: undefined,
    };
    deliveries.push(delivery);
    const fault = courier.fault(delivery);
    const behind = held;
    held = [];
    switch (fault?.kind) {
      case undefined:
        start(delivery);
        break;
      case 'duplicate':
        for (let time = 0; time < (fault.times ?? 2); time += 1) start(delivery);
        break;
      case 'delay':
        clock.after(fault.ms, () => start(delivery));
        break;
      case 'drop':
        delivery.state = 'lost';
        break;
      case 'reorder':
        held = [() => start(delivery)];
        break;
      case 'wrong_signature':
      case 'old_timestamp':
        start(delivery, fault.kind);
        break;
    }
    for (const release of behind) release();
    return delivery;
  };

  const courier: Courier = {
    deliveries,
    fault: () => undefined,
    send,
    again: (delivery) => void attempt(delivery, 1, 'http_timeout', null),
    busy: () => busy,
  };
  return courier;
}
