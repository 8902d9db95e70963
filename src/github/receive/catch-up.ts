/**
 * GitHub never repeats a delivery by itself. At the start those that failed while we were away are
 * asked for again; taking one twice is harmless.
 */
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { messageOf } from '../client/failures.ts';
import type { GitHubAuth } from '../client/octokit.ts';

/** GitHub redelivers what is at most three days old. */
const OLDEST_MS = 3 * 24 * 3_600_000;
const PAGES = 20;
const MOST = 500;

/** Gives how many were asked for. Never rejects: without it we work all the same. */
export async function catchUp(deps: {
  readonly auth: GitHubAuth;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<number> {
  const { auth, clock, logger } = deps;
  try {
    const octokit = await auth.app();
    const failed = new Map<string, number>();
    const arrived = new Set<string>();
    const oldest = clock.now() - OLDEST_MS;
    let pages = 0;
    const list = octokit.paginate.iterator(octokit.rest.apps.listWebhookDeliveries, {
      per_page: 100,
    });
    for await (const { data } of list) {
      for (const { guid, id, status_code: status } of data) {
        if (status >= 200 && status < 300) arrived.add(guid);
        else if (!failed.has(guid)) failed.set(guid, id);
      }
      const last = data.at(-1);
      if ((pages += 1) >= PAGES || last === undefined || Date.parse(last.delivered_at) < oldest)
        break;
    }
    // The list is newest first; they are asked for in the order in which they happened.
    const missing = [...failed]
      .filter(([guid]) => !arrived.has(guid))
      .slice(0, MOST)
      .toReversed();
    for (const [, id] of missing) {
      await octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: id });
    }
    if (missing.length > 0)
      logger.info({ count: missing.length }, 'missed deliveries were asked for');
    return missing.length;
  } catch (error) {
    logger.warn({ reason: messageOf(error) }, 'missed deliveries could not be asked for');
    return 0;
  }
}
