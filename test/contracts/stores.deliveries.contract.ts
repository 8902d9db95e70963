/** Deliveries of webhooks. */
import { expect, it } from 'vitest';
import type { Delivery } from '../../src/core/ports/deliveries.ts';
import type { GetStores } from './stores.small.under-test.ts';
import { NASTY_TEXT, nextTime } from './stores.values.ts';

function makeDelivery(values: Partial<Delivery> = {}): Delivery {
  const at = nextTime();
  const base = { source: `source-${at}`, id: `delivery-${at}`, event: 'issue_comment' };
  return { ...base, body: JSON.stringify({ text: NASTY_TEXT }), receivedAt: at, ...values };
}

export function deliveryTests(get: GetStores): void {
  it('stores a delivery once, however many come at once', async () => {
    const { deliveries } = get();
    const delivery = makeDelivery();
    const answers = await Promise.all(Array.from({ length: 5 }, () => deliveries.accept(delivery)));
    expect(answers.toSorted()).toEqual(['stored', ...Array<string>(4).fill('unfinished')]);
    expect(await deliveries.pending(delivery.source, 10)).toEqual([delivery]);
    expect(await deliveries.accept({ ...delivery, source: 'elsewhere' })).toBe('stored');
    await deliveries.done('elsewhere', delivery.id);
  });

  it('does nothing more for a delivery that was worked off', async () => {
    const { deliveries } = get();
    const delivery = makeDelivery();
    await deliveries.accept(delivery);
    await deliveries.done(delivery.source, delivery.id);
    expect(await deliveries.accept(delivery)).toBe('finished');
    await deliveries.failed(delivery.source, delivery.id, 'too late');
    expect(await deliveries.accept(delivery)).toBe('finished');
    expect(await deliveries.pending(delivery.source, 10)).toEqual([]);
  });

  it('works again on one that had failed when it is delivered again', async () => {
    const { deliveries } = get();
    const delivery = makeDelivery();
    await deliveries.accept(delivery);
    await deliveries.failed(delivery.source, delivery.id, 'the repository was away');
    expect(await deliveries.pending(delivery.source, 10)).toEqual([]);
    expect(await deliveries.accept(delivery)).toBe('unfinished');
    expect(await deliveries.pending(delivery.source, 10)).toEqual([delivery]);
  });

  it('gives unfinished ones of a source in the order of their arrival, up to the limit', async () => {
    const { deliveries } = get();
    const { source } = makeDelivery();
    const all = Array.from({ length: 4 }, () => makeDelivery({ source, receivedAt: 7 }));
    for (const delivery of all) await deliveries.accept(delivery);
    await deliveries.accept(makeDelivery());
    expect(await deliveries.pending(source, 3)).toEqual(all.slice(0, 3));
    await deliveries.done(source, all[0]?.id ?? '');
    expect(await deliveries.pending(source, 10)).toEqual(all.slice(1));
  });

  it('leaves out those that are known, and gives as many others as asked for', async () => {
    const { deliveries } = get();
    const { source } = makeDelivery();
    const all = Array.from({ length: 5 }, () => makeDelivery({ source, receivedAt: 7 }));
    for (const delivery of all) await deliveries.accept(delivery);
    const [first, second, third, fourth] = all;
    const known = new Set([first?.id ?? '', third?.id ?? '']);
    expect(await deliveries.pending(source, 2, known)).toEqual([second, fourth]);
    expect(await deliveries.pending(source, 9, new Set(all.map(({ id }) => id)))).toEqual([]);
  });
}
