/**
 * What Slack posts to `/slack/events`: events, buttons, commands, shortcuts. Invariant: nothing is
 * looked at before its signature was verified on the raw bytes, and nothing is acknowledged before
 * it was stored.
 */
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Intake } from './intake.ts';
import { isFromSlack } from './signature.ts';

/** Slack's own payloads stay far below. */
const LARGEST_BODY = 1024 * 1024;

export interface HttpDeps {
  readonly signingSecret: string;
  readonly intake: Pick<Intake, 'take'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Handle = (request: Request) => Promise<Response>;

export function createHttpHandler(deps: HttpDeps): Handle {
  return async (request) => {
    if (request.method !== 'POST') return said(405, 'Only POST.');
    const body = await readBody(request);
    if (body === undefined) return said(413, 'The body is too large.');
    const signed = {
      timestamp: request.headers.get('x-slack-request-timestamp'),
      signature: request.headers.get('x-slack-signature'),
      body,
    };
    if (!isFromSlack(deps.signingSecret, signed, deps.clock.now())) {
      deps.logger.warn({}, 'a request that claims to come from Slack has no valid signature');
      return said(401, 'The signature is not valid.');
    }
    const payload = parse(body, request.headers.get('content-type') ?? '');
    if (payload === undefined) return said(400, 'The body cannot be read.');
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

/** The text of the body; undefined when it is longer than we read. */
async function readBody(request: Request): Promise<string | undefined> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > LARGEST_BODY || request.body === null) return declared > 0 ? undefined : '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

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
