/**
 * Messages that are said at most once an hour, whatever process says them and however often it is
 * started again: the hour is in the key, and what was opened in it or within an hour before stands
 * in the store.
 */
import type { OutboxMessage } from '../model/message.ts';
import type { OutboxStore } from '../ports/stores.ts';

const HOUR_MS = 3_600_000;

/** The key to open a message with; undefined: one was opened less than an hour ago. */
export async function hourlyKey(
  store: Pick<OutboxStore, 'message'>,
  keyOf: (hour: number) => string,
  now: number,
): Promise<string | undefined> {
  const hour = Math.floor(now / HOUR_MS);
  const isFresh = (row: OutboxMessage | undefined): boolean =>
    row !== undefined && now - row.createdAt < HOUR_MS;
  if (isFresh(await store.message(keyOf(hour - 1)))) return undefined;
  return (await store.message(keyOf(hour))) === undefined ? keyOf(hour) : undefined;
}
