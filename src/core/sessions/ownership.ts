/**
 * Who is alive. This process beats; it watches the beats of the others, and calls a holder dead
 * when its beat stood still for a while by our own clock. Dead holders' leases may be taken.
 */
import type { HolderId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { LeaseStore } from '../ports/session-store.ts';

/** Between two beats; a takeover comes at most DEAD_AFTER + 2 beats after a death: under 15 s. */
export const BEAT_MS = 2000;
export const DEAD_AFTER_MS = 9000;

export interface Ownership {
  readonly holder: HolderId;
  /** Registers this process and looks at the others; then every BEAT_MS until `stop`. */
  start(): Promise<void>;
  /** Frees every lease of this process. */
  stop(): Promise<void>;
  /** Epoch of the lease, or undefined while a living holder has it. */
  acquire(key: string): Promise<number | undefined>;
  release(key: string, epoch: number): Promise<void>;
  /** Called after every look at the others. */
  onBeat(fn: () => void): void;
}

interface OwnershipDeps {
  readonly leases: LeaseStore;
  readonly holder: HolderId;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Only one process can have this database open: whoever else is registered is dead. */
  readonly exclusive: boolean;
}

export function createOwnership(deps: OwnershipDeps): Ownership {
  const { leases, holder, clock, logger } = deps;
  const others = new Map<HolderId, { beat: number; since: number }>();
  const listeners = new Set<() => void>();
  let dead: readonly HolderId[] = [];
  let cancelTimer: (() => void) | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    await leases.beat(holder);
    const all = await leases.holders();
    dead = deadAmong(all, deps, others);
    for (const gone of dead) {
      logger.warn({ holder: gone }, 'another server died; its sessions are free');
      await leases.removeHolder(gone);
    }
  }

  async function beat(): Promise<void> {
    try {
      await look();
      for (const listener of listeners) listener();
    } catch (error) {
      logger.warn({ err: error }, 'heartbeat not written');
    }
    if (!stopped) cancelTimer = clock.after(BEAT_MS, () => void beat());
  }

  return {
    holder,
    async start() {
      await look();
      cancelTimer = clock.after(BEAT_MS, () => void beat());
    },
    async stop() {
      stopped = true;
      cancelTimer?.();
      await leases.removeHolder(holder);
    },
    acquire: (key) => leases.acquire(key, holder, dead),
    release: (key, epoch) => leases.release(key, holder, epoch),
    onBeat: (fn) => void listeners.add(fn),
  };
}

/** Holders whose beat stood still for too long; keeps in `seen` since when. */
function deadAmong(
  all: readonly { readonly holder: HolderId; readonly beat: number }[],
  { holder: self, clock, exclusive }: OwnershipDeps,
  seen: Map<HolderId, { beat: number; since: number }>,
): readonly HolderId[] {
  const now = clock.now();
  const present = new Set(all.map((other) => other.holder));
  for (const known of seen.keys()) if (!present.has(known)) seen.delete(known);
  return all
    .filter(({ holder }) => holder !== self)
    .filter(({ holder, beat }) => {
      const before = seen.get(holder);
      if (before?.beat !== beat) seen.set(holder, { beat, since: now });
      return exclusive || (before?.beat === beat && now - before.since >= DEAD_AFTER_MS);
    })
    .map(({ holder }) => holder);
}
