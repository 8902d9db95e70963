/**
 * Calls of Slack's Web API. Invariant: a call is made once (the library's own retries could post a
 * message twice, and would pause every method of a token), and whatever comes of it is a value.
 */
import { ErrorCode, WebClient, type WebClientOptions } from '@slack/web-api';
import { z } from 'zod';
import type { Logger } from '../../core/ports/logger.ts';
import { createVendorLogger } from './vendor-logger.ts';

export type CallFailure =
  /** Slack understood and said no; `error` is its code. */
  | { readonly kind: 'said'; readonly error: string; readonly hints: readonly string[] }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
  /** Certainly not done. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** Nobody knows whether it was done. */
  | { readonly kind: 'unknown'; readonly message: string };

export type CallResult =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly failure: CallFailure };

export type Call = (method: string, args: Readonly<Record<string, unknown>>) => Promise<CallResult>;

/** Below the outbox's own deadline, so that its answer is ours. */
const TIMEOUT_MS = 25_000;
/** For a 429 that does not say how long. */
const UNSAID_WAIT_MS = 30_000;

export function clientOptions(apiUrl: string | undefined, logger: Logger): WebClientOptions {
  return {
    logger: createVendorLogger(logger),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    timeout: TIMEOUT_MS,
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl.replace(/\/?$/, '/') }),
  };
}

export function createCall(token: string | undefined, options: WebClientOptions): Call {
  const client = new WebClient(token, options);
  return async (method, args) => {
    try {
      return { ok: true, data: { ...(await client.apiCall(method, { ...args })) } };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };
}

const codedSchema = z.looseObject({ code: z.string(), message: z.string() });
const saidSchema = z.object({
  error: z.string(),
  response_metadata: z.object({ messages: z.array(z.string()).optional() }).optional(),
});

const CODE = /^[\w.-]{1,100}$/;

/** Slack's own trouble: it may have done what was asked. */
const UNSURE: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'messaging_processing_failed',
]);
const THROTTLED: ReadonlySet<string> = new Set(['ratelimited', 'rate_limited']);
/** The connection was never there. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Of an error that Slack's libraries throw. */
export function failureOf(error: unknown): CallFailure {
  const coded = codedSchema.safeParse(error);
  if (!coded.success) return plainFailure(error);
  const { code, message, ...rest } = coded.data;
  if (code === ErrorCode.RateLimitedError) {
    const seconds = Number(rest['retryAfter']);
    return throttled(Number.isFinite(seconds) ? seconds * 1000 : UNSAID_WAIT_MS);
  }
  if (code === ErrorCode.HTTPError) {
    const status = Number(rest['statusCode']);
    if (status === 429) return throttled(UNSAID_WAIT_MS);
    return { kind: status >= 500 ? 'unknown' : 'unreachable', message };
  }
  if (code === ErrorCode.PlatformError) return saidFailure(rest['data'], message);
  if (code === ErrorCode.RequestError) {
    const cause = causeCode(rest['original']);
    return { kind: NOT_CONNECTED.has(cause) ? 'unreachable' : 'unknown', message };
  }
  return { kind: 'unknown', message };
}

function saidFailure(data: unknown, message: string): CallFailure {
  const said = saidSchema.safeParse(data);
  if (!said.success) return { kind: 'unknown', message };
  const { error, response_metadata } = said.data;
  // The library makes of a page (a proxy's, a gateway's) an answer whose error is all of its text.
  if (!CODE.test(error)) return { kind: 'unknown', message: 'The answer is none of Slack.' };
  if (THROTTLED.has(error)) return throttled(UNSAID_WAIT_MS);
  if (UNSURE.has(error)) return { kind: 'unknown', message: error };
  return { kind: 'said', error, hints: response_metadata?.messages ?? [] };
}

function plainFailure(error: unknown): CallFailure {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith('Retry header')
    ? throttled(UNSAID_WAIT_MS)
    : { kind: 'unknown', message };
}

const throttled = (retryAfterMs: number): CallFailure => ({ kind: 'throttled', retryAfterMs });

function causeCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { cause } = error;
  const code: unknown =
    cause instanceof Error && 'code' in cause ? cause.code : 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}
