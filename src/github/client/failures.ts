/** What an error of Octokit means: for the outbox, and for whoever reads. */
import { isAppError } from '../../core/model/errors.ts';
import type { SendFailure, SendResult } from '../../core/ports/surface.ts';

interface HttpError {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

/** GitHub's advice where it gives no time. */
const SECONDARY_LIMIT_MS = 60_000;

/** Undefined: no answer of the API (a broken connection, a timeout). */
function httpError(error: unknown): HttpError | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  const { status, message } = error;
  if (typeof status !== 'number') return undefined;
  const response = 'response' in error ? error.response : undefined;
  // Octokit gives broken connections the status 500, and no response.
  if (typeof response !== 'object' || response === null || !('headers' in response)) {
    return undefined;
  }
  const headers = response.headers as HttpError['headers'];
  return { status, message, headers };
}

export function statusOf(error: unknown): number | undefined {
  return httpError(error)?.status;
}

export const isNotFound = (error: unknown): boolean => {
  const status = statusOf(error);
  return status === 404 || status === 410;
};

/** `call`: an edit or a look can be repeated, a post cannot. */
export function failureOf(
  error: unknown,
  call: 'post' | 'edit' | 'find',
  now: number,
): SendFailure {
  const http = httpError(error);
  const message = messageOf(error);
  // Said by us before any call: who we are is not known yet...
  if (isAppError(error, 'unavailable')) return { kind: 'retry', message };
  // ...the address is none, or we are not installed there any more.
  if (isAppError(error)) return { kind: 'refused', message };
  if (http === undefined) return { kind: call === 'post' ? 'unknown' : 'retry', message };
  const retryAfterMs = throttledFor(http, now);
  if (retryAfterMs !== undefined) return { kind: 'throttled', retryAfterMs };
  const { status } = http;
  if (status >= 500) return { kind: call === 'post' ? 'unknown' : 'retry', message };
  if (status === 404 || status === 410) {
    return { kind: call === 'edit' ? 'gone' : 'refused', message };
  }
  // A token that has just expired; the next call asks for a new one.
  if (status === 401 || status === 408 || status === 409) return { kind: 'retry', message };
  return { kind: 'refused', message };
}

function throttledFor({ status, headers, message }: HttpError, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(after)) return after * 1_000;
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const reset = Number(headers['x-ratelimit-reset']) * 1_000;
    return Number.isFinite(reset) ? Math.max(1_000, reset - now) : SECONDARY_LIMIT_MS;
  }
  const isLimit = status === 429 || /rate limit|abuse/i.test(message);
  return isLimit ? SECONDARY_LIMIT_MS : undefined;
}

/** Without what a token could hide in. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/gh[a-z]_[A-Za-z0-9._-]{10,}/g, '(token)').slice(0, 300);
}

/** Octokit's error for a call without an answer. */
function isBrokenCall(error: unknown): boolean {
  return error instanceof Error && (error.name === 'HttpError' || error.name === 'TimeoutError');
}

/** Whether trying the same later may help. */
export function isTemporary(error: unknown): boolean {
  const http = httpError(error);
  if (http === undefined) return isAppError(error, 'unavailable') || isBrokenCall(error);
  return http.status >= 500 || http.status === 401 || throttledFor(http, 0) !== undefined;
}

/** How long to wait where somebody said so: GitHub, or our own line in front of it. */
export function retryAfterOf(error: unknown, now: number): number | undefined {
  if (isAppError(error, 'unavailable')) {
    const { retryAfterMs } = error.details;
    return typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
  }
  const http = httpError(error);
  return http === undefined ? undefined : throttledFor(http, now);
}

export async function sent<T>(
  call: 'post' | 'edit' | 'find',
  now: () => number,
  work: () => Promise<T>,
): Promise<SendResult<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, failure: failureOf(error, call, now()) };
  }
}
