/** The end of the outbox: what is final still goes out, then calls under way end and leases are free. */
import { AppError } from '../model/errors.ts';
import { sleep, type Clock } from '../ports/clock.ts';
import type { Account } from './account.ts';

/** Longest wait for the store when everything has ended. */
const RELEASE_MS = 1_000;

/** Resolves within `graceMs` and RELEASE_MS, whatever surfaces and store do. */
export async function endAccounts(
  clock: Clock,
  accounts: readonly Account[],
  stop: AbortController,
  graceMs: number,
): Promise<void> {
  const drained = Promise.all(accounts.map((account) => account.drain()));
  const graceOver = new AbortController();
  await Promise.race([drained, sleep(clock, graceMs, graceOver.signal)]);
  graceOver.abort();
  stop.abort(new AppError('unavailable', 'The server is stopping.'));
  const released = Promise.all(accounts.map((account) => account.release()));
  const releaseOver = new AbortController();
  await Promise.race([released, sleep(clock, RELEASE_MS, releaseOver.signal)]);
  releaseOver.abort();
}
