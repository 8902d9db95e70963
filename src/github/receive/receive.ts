/**
 * The one public address of this folder. Invariant: nothing is stored that GitHub did not sign, and
 * nothing is acknowledged that is not stored. What a delivery means is decided elsewhere.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { DeliveryStore } from '../../core/ports/deliveries.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { SURFACE } from '../address.ts';

export const WEBHOOK_PATH = '/api/github/webhooks';
/** GitHub sends no more. */
const LARGEST_BODY = 25 * 1024 * 1024;
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
  return async (request) => {
    if (request.method !== 'POST') return say(405, 'Only GitHub posts here.');
    const raw = await readBody(request);
    if (raw === undefined) return say(413, 'The payload is larger than 25 MB.');
    if (!isSigned(raw, request.headers.get('x-hub-signature-256') ?? '', deps.secret)) {
      deps.logger.warn({}, 'a webhook was refused: its signature is wrong');
      return say(401, 'The signature is missing or wrong. Check WEBHOOK_SECRET.');
    }
    const id = request.headers.get('x-github-delivery') ?? '';
    const event = request.headers.get('x-github-event') ?? '';
    if (!GUID.test(id) || !EVENT.test(event)) return say(400, 'The delivery has no id or event.');
    const body = payloadOf(raw, request.headers.get('content-type') ?? '');
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

/** Undefined when there is more than we take; what is too much is never held in memory. */
async function readBody(request: Request): Promise<Buffer | undefined> {
  if (Number(request.headers.get('content-length')) > LARGEST_BODY) return undefined;
  if (request.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

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
