/** Errors as sentences for the person at the terminal. */
import { isAppError } from '../core/model/errors.ts';

/**
 * An AppError says what to do by itself. Of anything else we know nothing, so the whole error is
 * shown: at a terminal the reader is the operator.
 */
export function sentenceOf(error: unknown): string {
  if (isAppError(error)) return error.message;
  if (error instanceof Error) return error.stack ?? error.message;
  return String(error);
}

/** Errors of listen(2), which every first-time user meets. */
export function startSentence(error: unknown, at: { host: string; port: number }): string {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `Port ${at.port} on ${at.host} is taken. Is Threadcast running already? Otherwise set PORT to another one (0 takes a free one).`;
    case 'EACCES':
      return `This user may not listen on port ${at.port} of ${at.host}. Set PORT to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${at.host} is no address of this machine. Set HOST to one, such as 127.0.0.1.`;
    default:
      return sentenceOf(error);
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
