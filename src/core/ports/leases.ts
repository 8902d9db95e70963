/**
 * The leases of this process: `LeaseStore` with our holder id and the judgement of who is dead
 * filled in. A worker that must run once in all replicas asks here.
 */
export interface Leases {
  /** The epoch when we hold the lease now; undefined while somebody else does. Safe to repeat. */
  acquire(key: string): Promise<number | undefined>;
  /** Frees it if it is still ours with this epoch. */
  release(key: string, epoch: number): Promise<void>;
}
