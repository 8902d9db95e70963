/** The code that GitHub sends the browser back with, turned into the App's secrets: it works once. */
import { z } from 'zod';
import { AppError, isAppError } from '../../core/model/errors.ts';
import type { GitHubSite } from '../github-site.ts';

const appSchema = z.object({
  id: z.number(),
  slug: z.string(),
  html_url: z.url(),
  pem: z.string().includes('PRIVATE KEY'),
  webhook_secret: z.string().min(8),
});

export type MadeApp = z.output<typeof appSchema>;

/** Longest wait for GitHub. */
const DEADLINE_MS = 20_000;

/**
 * Rejects with AppError `unavailable` when the same code may be tried again, and `unprocessable`
 * when it is of no use any more.
 */
export async function convert({ api }: GitHubSite, code: string): Promise<MadeApp> {
  try {
    const answer = await fetch(`${api}/app-manifests/${encodeURIComponent(code)}/conversions`, {
      method: 'POST',
      headers: { accept: 'application/vnd.github+json' },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (!answer.ok) throw refusal(answer.status);
    const app = appSchema.safeParse(await answer.json());
    if (app.success) return app.data;
    throw new AppError('unprocessable', "GitHub's answer does not hold the App's secrets.");
  } catch (error) {
    if (isAppError(error)) throw error;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('unavailable', `GitHub does not answer at ${api}: ${why}.`, { cause });
  }
}

function refusal(status: number): AppError {
  if (status === 404 || status === 422) {
    const says = `GitHub does not take the code (status ${status}): each works once, for an hour.`;
    return new AppError('unprocessable', says);
  }
  return new AppError('unavailable', `GitHub answers with status ${status}.`);
}
