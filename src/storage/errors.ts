/**
 * What databases throw, told apart. A cause that passes by itself or by a person's hand (locked,
 * full, gone) becomes AppError `unavailable` with a sentence; everything else stays what it is.
 */
import { AppError } from '../core/model/errors.ts';

/** SQLite's primary result codes. */
const SQLITE: Readonly<Record<number, string>> = {
  5: 'The database is locked by another program. Close it, then try again.',
  6: 'The database is locked by another program. Close it, then try again.',
  8: 'The database file is read-only. Make it writable for this user, then try again.',
  10: 'The disk of the data directory reports an error. Check the disk, then try again.',
  13: 'The disk of the data directory is full. Free some space, then try again.',
  14: 'The database file cannot be opened. Check the data directory, then try again.',
};

const LOST = 'The connection to the database was lost. Try again in a moment.';
const FULL = 'The disk of the database server is full. Free some space there, then try again.';
const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
const CONNECTION_MESSAGES =
  /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error|^Query read timeout/;

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

/** SQLSTATE of a Postgres or PGlite error. */
function sqlState(error: unknown): string | undefined {
  const code = field(error, 'code');
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The server did not answer, or hung up. */
export function isConnectionLoss(error: unknown): boolean {
  const cause = error instanceof AppError ? error.cause : error;
  const code = field(cause, 'code');
  if (typeof code === 'string') {
    if (CONNECTION_CODES.has(code) || code.startsWith('08') || /^57P0[1-5]$/.test(code))
      return true;
  }
  return cause instanceof Error && CONNECTION_MESSAGES.test(cause.message);
}

/** Two transactions met: the same work may succeed when it is done again. */
export function isConflictOfTransactions(error: unknown): boolean {
  const state = sqlState(error);
  // Also unique_violation: every insert of ours looks first, so another connection was faster.
  return state === '40001' || state === '40P01' || state === '23505' || state === '55P03';
}

/** Gives AppError `unavailable` where waiting or a person helps, else the error itself. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const errcode = field(error, 'errcode');
  if (typeof errcode === 'number') {
    const sentence = SQLITE[errcode & 0xff];
    return sentence === undefined ? error : new AppError('unavailable', sentence, { cause: error });
  }
  if (isConnectionLoss(error)) return new AppError('unavailable', LOST, { cause: error });
  const state = sqlState(error);
  if (state === '53100') return new AppError('unavailable', FULL, { cause: error });
  if (state?.startsWith('53')) {
    return new AppError(
      'unavailable',
      'The database server is overloaded. Try again in a moment.',
      {
        cause: error,
      },
    );
  }
  if (state === '25006') {
    return new AppError(
      'unavailable',
      'The database only allows reading now. Point DATABASE_URL at the primary server.',
      { cause: error },
    );
  }
  return error;
}
