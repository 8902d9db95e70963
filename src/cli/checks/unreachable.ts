/** A platform that did not answer. */
import type { Finding } from '../command.ts';

/** Longest wait for one call of a check. */
export const DEADLINE_MS = 10_000;

export function unreachable(name: string, address: string, error: unknown): Finding {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  return {
    state: 'bad',
    says: `${name} does not answer at ${address}: ${why}.`,
    mend: 'Check the network, the proxy and the name service of this machine.',
  };
}
