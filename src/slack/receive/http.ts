/**
 * What Slack posts to `/slack/events`: events, buttons, commands, shortcuts. Invariant: nothing is
 * looked at before its signature was verified on the raw bytes, and nothing is acknowledged before
 * it was stored.
 */
import { createBodyReader } from '../../core/platforms/raw-body.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Intake } from './intake.ts';
import { isFromSlack } from './signature.ts';

const MEGABYTE = 1024 * 1024;
/** Slack's own payloads stay far below, and it waits for three seconds. */
const BODY = { each: MEGABYTE, all: 32 * MEGABYTE, withinMs: 10_000 } as const;
const TYPE = /^application\/(json|x-www-form-urlencoded)\b/;

export interface HttpDeps {
  readonly signingSecret: string;
  readonly intake: Pick<Intake, 'take'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Handle = (request: Request) => Promise<Response>;

export function createHttpHandler(deps: HttpDeps): Handle {
  const readBody = createBodyReader(BODY, deps.clock);
  return async (request) => {
    if (request.method !== 'POST') return said(405, 'Only POST.');
    const read = await readBody(request);
    if (!read.ok) return said(read.status, read.reason);
    const body = read.bytes.toString('utf8');
    const signed = {
      timestamp: request.headers.get('x-slack-request-timestamp'),
      signature: request.headers.get('x-slack-signature'),
      body,
    };
    if (!isFromSlack(deps.signingSecret, signed, deps.clock.now())) {
      deps.logger.warn({}, 'a request that claims to come from Slack has no valid signature');
      return said(401, 'The signature is not valid.');
    }
    const type = request.headers.get('content-type') ?? '';
    if (!TYPE.test(type)) return said(415, 'The body is neither JSON nor a form.');
    const payload = parse(body, type);
    if (typeof payload !== 'object' || payload === null)
      return said(400, 'The body cannot be read.');
    const challenge = challengeOf(payload);
    if (challenge !== undefined) return Response.json({ challenge });
    try {
      await deps.intake.take(payload);
      return new Response('', { status: 200 });
    } catch (error) {
      // Slack sends it again: it is not acknowledged.
      deps.logger.error({ err: error }, 'a delivery from Slack could not be stored');
      return said(503, 'Try again.');
    }
  };
}

const said = (status: number, text: string): Response => new Response(text, { status });

/** JSON, a form with JSON in `payload`, or a form that is the payload (slash commands). */
function parse(body: string, type: string): unknown {
  try {
    if (!type.includes('application/x-www-form-urlencoded')) return JSON.parse(body);
    const form = new URLSearchParams(body);
    const payload = form.get('payload');
    return payload === null ? Object.fromEntries(form) : JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function challengeOf(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const isCheck = 'type' in payload && payload.type === 'url_verification';
  return isCheck && 'challenge' in payload && typeof payload.challenge === 'string'
    ? payload.challenge
    : undefined;
}
