/**
 * Errors as the API says them: `{error, code, requestId}`. Invariant: only an AppError's sentence
 * leaves the server; of anything else the reader gets a fixed sentence and the log gets the cause,
 * under the same request id.
 */
import { HTTPException } from 'hono/http-exception';
import type { AppErrorCode } from '../core/model/errors.ts';
import { AppError, isAppError } from '../core/model/errors.ts';
import type { HttpContext } from './deps.ts';

export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 502 | 503;

interface Mapped {
  readonly status: ErrorStatus;
  readonly code: string;
  /** Seconds, for errors where waiting helps and the error itself does not say how long. */
  readonly retryAfter?: number;
}

const TABLE: Readonly<Record<AppErrorCode, Mapped>> = {
  invalid: { status: 400, code: 'invalid' },
  unauthenticated: { status: 401, code: 'unauthenticated' },
  forbidden: { status: 403, code: 'forbidden' },
  not_found: { status: 404, code: 'not_found' },
  conflict: { status: 409, code: 'conflict' },
  already_answered: { status: 409, code: 'already_answered' },
  agent_login_needed: { status: 409, code: 'agent_login_needed' },
  too_large: { status: 413, code: 'too_large' },
  unprocessable: { status: 422, code: 'unprocessable' },
  limited: { status: 429, code: 'limited', retryAfter: 5 },
  agent_failed: { status: 502, code: 'agent_failed' },
  fenced: { status: 503, code: 'server_busy', retryAfter: 1 },
  unavailable: { status: 503, code: 'server_busy', retryAfter: 2 },
};

export interface SaidError {
  readonly status: ErrorStatus;
  readonly body: { readonly error: string; readonly code: string; readonly requestId: string };
  readonly retryAfter: number | undefined;
}

function fromFramework(error: HTTPException): AppError | undefined {
  if (error.status === 413) return new AppError('too_large', 'The request is too large.');
  if (error.status === 415) return new AppError('invalid', 'Send the body as application/json.');
  if (error.status < 500) {
    return new AppError('invalid', 'The body is not valid JSON.', { cause: error });
  }
  return undefined;
}

/** The one place where an error becomes what a client reads. Logs what the client may not see. */
export function sayError(
  error: unknown,
  requestId: string,
  { logger, redact }: Pick<HttpContext, 'logger' | 'redact'>,
): SaidError {
  const known =
    error instanceof HTTPException ? fromFramework(error) : isAppError(error) ? error : undefined;
  if (known === undefined) {
    logger.error({ requestId, err: error }, 'request failed');
    return {
      status: 500,
      body: {
        error: 'Something went wrong in the server. Its log has the cause under the request id.',
        code: 'internal',
        requestId,
      },
      retryAfter: undefined,
    };
  }
  const { status, code, retryAfter } = TABLE[known.code];
  if (status >= 500) logger.warn({ requestId, err: known }, 'request not possible');
  const wanted = known.details['retryAfterSeconds'];
  return {
    status,
    body: { error: redact(known.message), code, requestId },
    retryAfter: typeof wanted === 'number' ? Math.max(1, Math.ceil(wanted)) : retryAfter,
  };
}

/** Headers that belong to an error besides its body. */
export function errorHeaders(said: SaidError): Record<string, string> {
  return {
    ...(said.retryAfter === undefined ? {} : { 'Retry-After': String(said.retryAfter) }),
    ...(said.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="threadcast"' } : {}),
  };
}
