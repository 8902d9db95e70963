/**
 * Errors that a person or a program may see. `message` is a sentence that the reader can act on;
 * everything else an edge maps from `code` in its one table. Anything that is not an AppError is
 * "internal": the reader gets a fixed sentence with an error id, the log gets the cause.
 */

export type AppErrorCode =
  /** What was sent is malformed; `details.field` names where. */
  | 'invalid'
  /** No identity, or one that is not valid (any more). */
  | 'unauthenticated'
  /** Known, but may not; `details.role` is the missing role. */
  | 'forbidden'
  | 'not_found'
  /** The state of the thing does not allow it; `details.state` names the state. */
  | 'conflict'
  /** Somebody answered before; `details` says who and what. */
  | 'already_answered'
  /** Well formed but not possible, e.g. an option that was not offered. */
  | 'unprocessable'
  /** A limit of ours was reached; `details.retryAfterSeconds` when waiting helps. */
  | 'limited'
  | 'too_large'
  /** Temporarily not possible (database busy, disk full, shutting down). */
  | 'unavailable'
  /** The agent did not start, or broke; message has the reason and the end of its stderr. */
  | 'agent_failed'
  /** The agent wants a login first; `details.methods` names the ways. */
  | 'agent_login_needed'
  /** A late writer: somebody else owns this session or account now. Stop touching it. */
  | 'fenced';

export class AppError extends Error {
  readonly code: AppErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: AppErrorCode,
    message: string,
    options: { details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

export function isAppError(error: unknown, code?: AppErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}
