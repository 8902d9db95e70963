/** Deliveries in memory keep the same contract as the stored ones. */
import { describe } from 'vitest';
import { createMemoryDeliveries } from '../harness/memory-deliveries.ts';
import type { SmallStores } from './stores.small.under-test.ts';
import { deliveryTests } from './stores.deliveries.contract.ts';

describe('deliveries in memory', () => {
  const deliveries = createMemoryDeliveries();
  deliveryTests(() => ({ deliveries }) as unknown as SmallStores);
});
