/**
 * How the page's changes are answered: JSON for its script, a redirect or a sentence for a browser
 * without script. Also the one table from AppError to HTTP status for this edge.
 */
import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Redact } from '../core/access/redact.ts';
import { isAppError, type AppErrorCode } from '../core/model/errors.ts';
import type { Logger } from '../core/ports/logger.ts';
import { renderSentence } from './renderers/page.ts';

const STATUS: Readonly<Record<AppErrorCode, ContentfulStatusCode>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  already_answered: 409,
  too_large: 413,
  unprocessable: 422,
  limited: 429,
  fenced: 503,
  unavailable: 503,
  agent_failed: 502,
  agent_login_needed: 502,
};

export interface Answer {
  /** Said to the person, as a sentence; nothing when the page shows the outcome by itself. */
  readonly message?: string;
  /** Where to go next. */
  readonly location?: string;
}

export const wantsJson = (c: Context): boolean => c.req.header('accept')?.includes('json') === true;

export function answer(c: Context, script: string, said: Answer): Response {
  if (wantsJson(c)) return c.json(said);
  if (said.location !== undefined) return c.redirect(said.location, 303);
  return c.html(renderSentence(script, 'Done', said.message ?? 'It was sent.'));
}

/** A fixed sentence with an error id for what is not an AppError; the log has the cause. */
export function answerError(
  c: Context,
  script: string,
  { logger, redact }: { readonly logger: Logger; readonly redact: Redact },
  error: unknown,
): Response {
  const id = randomUUID();
  const known = isAppError(error);
  const message = known
    ? redact(error.message)
    : `Something went wrong on the server. Its log has the reason under ${id}.`;
  const status = known ? STATUS[error.code] : 500;
  if (status >= 500) logger.error({ err: error, errorId: id, path: c.req.path }, 'A page failed');
  if (wantsJson(c)) return c.json({ message }, status);
  return c.html(renderSentence(script, 'That did not work', message), status);
}
