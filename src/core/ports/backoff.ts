/** How long to wait after the n-th failure in a row: doubling, capped, with jitter. */

export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
  /** 0 <= x < 1, as Math.random. */
  readonly random: () => number;
}

/** `failures` from 1. Between half of the full wait and the full wait, so that callers spread. */
export function backoffMs(backoff: Backoff, failures: number): number {
  const full = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(full / 2 + (full / 2) * backoff.random());
}
