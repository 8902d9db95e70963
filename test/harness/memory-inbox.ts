/** Inbox in memory, with the port's semantics: one delivery is stored once, whatever became of it. */
import type { Inbox, InboundMessage } from '../../src/core/ports/stores.ts';

export interface MemoryInbox extends Inbox {
  /** What became of a delivery: `pending`, `done`, or the error. */
  outcome(deliveryId: string): string | undefined;
}

export function createMemoryInbox(): MemoryInbox {
  const rows = new Map<string, { message: InboundMessage; outcome: string }>();
  const id = (surface: string, deliveryId: string): string => JSON.stringify([surface, deliveryId]);
  const finish = (key: string, outcome: string): void => {
    const row = rows.get(key);
    if (row?.outcome === 'pending') rows.set(key, { ...row, outcome });
  };
  return {
    accept: async (message) => {
      const key = id(message.thread.surface, message.deliveryId);
      if (rows.has(key)) return 'duplicate';
      rows.set(key, { message, outcome: 'pending' });
      return 'stored';
    },
    pending: async (limit) =>
      [...rows.values()]
        .filter((row) => row.outcome === 'pending')
        .map((row) => row.message)
        .toSorted((a, b) => a.receivedAt - b.receivedAt)
        .slice(0, limit),
    done: async (surface, deliveryId) => finish(id(surface, deliveryId), 'done'),
    failed: async (surface, deliveryId, error) => finish(id(surface, deliveryId), error),
    outcome: (deliveryId) =>
      [...rows.values()].find((row) => row.message.deliveryId === deliveryId)?.outcome,
  };
}
