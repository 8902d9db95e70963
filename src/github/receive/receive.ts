/**
 * The one public address of this folder. Invariant: nothing is stored that GitHub did not sign, and
 * nothing is acknowledged that is not stored. What a delivery means is decided elsewhere.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { DeliveryStore } from '../../core/ports/deliveries.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { createBodyReader } from '../../core/platforms/raw-body.ts';
import { SURFACE } from '../address.ts';

export const WEBHOOK_PATH = '/api/github/webhooks';
const MEGABYTE = 1024 * 1024;
/** GitHub sends at most 25 MB, and waits for ten seconds. */
const BODY = { each: 25 * MEGABYTE, all: 64 * MEGABYTE, withinMs: 10_000 } as const;
const TYPE = /^application\/(json|x-www-form-urlencoded)\b/;
const GUID = /^[A-Za-z0-9-]{1,100}$/;
const EVENT = /^[a-z][a-z0-9_]{0,59}$/;

export interface ReceiveDeps {
  readonly secret: string;
  readonly deliveries: DeliveryStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something was stored that is to be worked off. */
  readonly onStored: () => void;
}

export function createReceiver(deps: ReceiveDeps): (request: Request) => Promise<Response> {
  const readBody = createBodyReader(BODY, deps.clock);
  return async (request) => {
    if (request.method !== 'POST') return say(405, 'Only GitHub posts here.');
    const read = await readBody(request);
    if (!read.ok) return say(read.status, read.reason);
    const raw = read.bytes;
    if (!isSigned(raw, request.headers.get('x-hub-signature-256') ?? '', deps.secret)) {
      deps.logger.warn({}, 'a webhook was refused: its signature is wrong');
      return say(401, 'The signature is missing or wrong. Check WEBHOOK_SECRET.');
    }
    const id = request.headers.get('x-github-delivery') ?? '';
    const event = request.headers.get('x-github-event') ?? '';
    if (!GUID.test(id) || !EVENT.test(event)) return say(400, 'The delivery has no id or event.');
    const type = request.headers.get('content-type') ?? '';
    if (!TYPE.test(type)) return say(415, 'The payload is neither JSON nor a form.');
    const body = payloadOf(raw, type);
    if (body === undefined) return say(400, 'The payload is no JSON.');
    return store(deps, { source: SURFACE, id, event, body, receivedAt: deps.clock.now() });
  };
}

async function store(
  { deliveries, logger, onStored }: ReceiveDeps,
  delivery: Parameters<DeliveryStore['accept']>[0],
): Promise<Response> {
  try {
    const state = await deliveries.accept(delivery);
    if (state !== 'finished') onStored();
    return say(202, state === 'finished' ? 'Done before.' : 'Accepted.');
  } catch (error) {
    logger.error({ err: error, delivery: delivery.id }, 'a delivery could not be stored');
    return say(503, 'It could not be stored. Deliver it again.');
  }
}

const say = (status: number, text: string): Response =>
  new Response(`${text}\n`, { status, headers: { 'Content-Type': 'text/plain' } });

function isSigned(raw: Buffer, signature: string, secret: string): boolean {
  const right = Buffer.from(`sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`);
  const given = Buffer.from(signature);
  return right.length === given.length && timingSafeEqual(right, given);
}

/** The content type `application/x-www-form-urlencoded` has the JSON in a field. */
function payloadOf(raw: Buffer, contentType: string): string | undefined {
  const text = raw.toString('utf8');
  const isForm = contentType.startsWith('application/x-www-form-urlencoded');
  const json = isForm ? (new URLSearchParams(text).get('payload') ?? '') : text;
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
