/** Reading for a prompt, bounded: a platform that hangs must not hold the line of a thread. */
import { sleep, type Clock } from '../ports/clock.ts';

/** For all that is read around one message. */
export const READ_MS = 10_000;

/** What `read` gives, or `late` after `ms`; its end does not matter then. Rejects as it does. */
export async function inTime<T>(
  clock: Clock,
  ms: number,
  read: () => Promise<T>,
  late: T,
): Promise<T> {
  const over = new AbortController();
  const timeUp = sleep(clock, ms, over.signal).then(() => late);
  const reading = read();
  try {
    return await Promise.race([reading, timeUp]);
  } finally {
    over.abort();
    // Nobody else waits for one that was too slow.
    reading.catch(() => {});
  }
}
