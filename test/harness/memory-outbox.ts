/** OutboxStore and leases in memory, with the ports' semantics: keys are unique, epochs fence. */
import type { OutboxMessage } from '../../src/core/model/message.ts';
import type { Leases } from '../../src/core/ports/leases.ts';
import type { OutboxStore } from '../../src/core/ports/stores.ts';
import type { MemoryThreads } from './memory-threads.ts';

export interface MemoryLeases {
  /** The leases as one process sees them. */
  holder(name: string): Leases;
  /** The holder died: its leases are free for others. */
  kill(name: string): void;
  epoch(key: string): number | undefined;
  /** Another process takes the lease, whoever held it. */
  steal(key: string, name: string): void;
}

export function createMemoryLeases(): MemoryLeases {
  const held = new Map<string, { holder: string | null; epoch: number }>();
  const take = (key: string, holder: string): number => {
    const lease = held.get(key);
    if (lease?.holder === holder) return lease.epoch;
    const epoch = (lease?.epoch ?? 0) + 1;
    held.set(key, { holder, epoch });
    return epoch;
  };
  return {
    holder: (name) => ({
      acquire: async (key) => {
        const owner = held.get(key)?.holder ?? name;
        return owner === name ? take(key, name) : undefined;
      },
      release: async (key, epoch) => {
        const lease = held.get(key);
        if (lease?.holder === name && lease.epoch === epoch) held.set(key, { holder: null, epoch });
      },
    }),
    kill: (name) => {
      for (const [key, lease] of held) {
        if (lease.holder === name) held.set(key, { ...lease, holder: null });
      }
    },
    epoch: (key) => held.get(key)?.epoch,
    steal: (key, name) => {
      take(key, name);
    },
  };
}

export interface MemoryOutbox extends OutboxStore {
  rows(): readonly OutboxMessage[];
}

export function createMemoryOutbox(leases: MemoryLeases, threads: MemoryThreads): MemoryOutbox {
  const rows = new Map<string, OutboxMessage>();
  return {
    open: async (messages, binding) => {
      for (const message of messages) {
        if (!rows.has(message.key)) rows.set(message.key, message);
      }
      if (binding !== undefined) {
        threads.present(binding.threadId, binding.sessionId, binding.presentedSeq);
      }
    },
    message: async (key) => rows.get(key),
    unsettled: async () =>
      [...rows.values()]
        .filter((row) => row.state === 'wanted' || row.state === 'posting')
        .toSorted((a, b) => a.createdAt - b.createdAt),
    update: async (key, lease, patch) => {
      if (leases.epoch(lease.key) !== lease.epoch) return 'fenced';
      const row = rows.get(key);
      if (row !== undefined) rows.set(key, { ...row, ...patch });
      return 'ok';
    },
    rows: () => [...rows.values()],
  };
}
