/**
 * The neutral address of a chat thread. Core compares addresses and never looks inside: only the
 * surface that made a ref knows what `key` and `account` mean.
 */
import type { ThreadId } from './ids.ts';

export interface ThreadRef {
  /** Name of the Surface, e.g. `web`. */
  readonly surface: string;
  /** Outbound account whose budget messages to this thread spend (installation, workspace). */
  readonly account: string;
  /** Canonical address within the surface, built from ids that never change, not from names. */
  readonly key: string;
}

export interface Thread {
  readonly id: ThreadId;
  readonly ref: ThreadRef;
  /** What people call it; the first line of the first message until renamed. */
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}
