/** DeliveryStore in memory, with the port's semantics: a delivery is worked off once. */
import type { Delivery, DeliveryStore } from '../../src/core/ports/deliveries.ts';

export interface MemoryDeliveries extends DeliveryStore {
  /** Why deliveries were given up. */
  failures(): readonly string[];
}

export function createMemoryDeliveries(): MemoryDeliveries {
  const rows = new Map<string, { delivery: Delivery; state: 'pending' | 'done' | 'failed' }>();
  const failures: string[] = [];
  const keyOf = (source: string, id: string): string => JSON.stringify([source, id]);
  return {
    failures: () => failures,
    async accept(delivery) {
      const key = keyOf(delivery.source, delivery.id);
      const row = rows.get(key);
      if (row === undefined) {
        rows.set(key, { delivery, state: 'pending' });
        return 'stored';
      }
      if (row.state === 'done') return 'finished';
      row.state = 'pending';
      return 'unfinished';
    },
    pending: async (source, limit, known) =>
      [...rows.values()]
        .filter(({ delivery, state }) => delivery.source === source && state === 'pending')
        .map(({ delivery }) => delivery)
        .filter(({ id }) => known?.has(id) !== true)
        .slice(0, limit),
    async done(source, id) {
      const row = rows.get(keyOf(source, id));
      if (row !== undefined) row.state = 'done';
    },
    async failed(source, id, error) {
      const row = rows.get(keyOf(source, id));
      if (row?.state !== 'pending') return;
      row.state = 'failed';
      failures.push(error);
    },
  };
}
