/** What every LeaseStore keeps to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeaseStore } from '../../src/core/ports/session-store.ts';
import { newHolder, nextTime } from './stores.values.ts';

export interface LeaseStoreUnderTest {
  readonly leases: LeaseStore;
  close(): Promise<void>;
}

export function describeLeaseStore(
  name: string,
  makeStore: () => Promise<LeaseStoreUnderTest>,
): void {
  describe(`LeaseStore over ${name}`, () => {
    let store: LeaseStoreUnderTest;
    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store.close());
    const freshKey = (): string => `session:s_${nextTime()}`;

    it('counts the beats of every holder', async () => {
      const { leases } = store;
      const [a, b] = [newHolder(), newHolder()];
      await leases.beat(a);
      await leases.beat(b);
      await leases.beat(a);
      const holders = await leases.holders();
      expect(holders.find((row) => row.holder === a)).toEqual({ holder: a, beat: 2 });
      expect(holders.find((row) => row.holder === b)).toEqual({ holder: b, beat: 1 });
      await leases.removeHolder(a);
      expect((await leases.holders()).map((row) => row.holder)).not.toContain(a);
    });

    it('gives a lease to one of twenty that want it at once', async () => {
      const { leases } = store;
      const key = freshKey();
      const epochs = await Promise.all(
        Array.from({ length: 20 }, () => leases.acquire(key, newHolder(), [])),
      );
      expect(epochs.filter((epoch) => epoch !== undefined)).toHaveLength(1);
    });

    it('keeps the epoch for its holder, and never uses one twice', async () => {
      const { leases } = store;
      const key = freshKey();
      const [a, b] = [newHolder(), newHolder()];
      const first = (await leases.acquire(key, a, [])) ?? -1;
      expect(await leases.acquire(key, a, [])).toBe(first);
      expect(await leases.acquire(key, b, [])).toBeUndefined();
      await leases.release(key, b, first);
      await leases.release(key, a, first + 1);
      expect(await leases.acquire(key, b, [])).toBeUndefined();
      await leases.release(key, a, first);
      const second = (await leases.acquire(key, b, [])) ?? -1;
      expect(second).toBeGreaterThan(first);
      await leases.release(key, b, second);
      expect(await leases.acquire(key, a, [])).toBeGreaterThan(second);
    });

    it('takes a lease from the dead, and only from those that were named', async () => {
      const { leases } = store;
      const key = freshKey();
      const [a, b, c] = [newHolder(), newHolder(), newHolder()];
      const first = (await leases.acquire(key, a, [])) ?? -1;
      expect(await leases.acquire(key, b, [c])).toBeUndefined();
      expect(await leases.acquire(key, b, [c, a])).toBe(first + 1);
      expect(await leases.acquire(key, a, [])).toBeUndefined();
    });

    it('frees all leases of a holder that is removed, and their epochs go on', async () => {
      const { leases } = store;
      const keys = [freshKey(), freshKey()];
      const [a, b] = [newHolder(), newHolder()];
      await leases.beat(a);
      const before = await Promise.all(keys.map((key) => leases.acquire(key, a, [])));
      await leases.removeHolder(a);
      const after = await Promise.all(keys.map((key) => leases.acquire(key, b, [])));
      expect(after).toEqual(before.map((epoch) => (epoch ?? 0) + 1));
    });
  });
}
