/** Installations of surfaces. */
import { expect, it } from 'vitest';
import type { GetStores } from './stores.small.under-test.ts';
import { NASTY_TEXT, nextTime } from './stores.values.ts';

export function installationTests(get: GetStores): void {
  it('keeps the newest installation of each account until it is removed', async () => {
    const { installations } = get();
    const at = nextTime();
    const surface = `surface-${at}`;
    const first = { surface, account: 'T1', sealed: NASTY_TEXT, updatedAt: at };
    await installations.save(first);
    await installations.save({ ...first, account: 'T0' });
    const second = { ...first, sealed: 'sealed again', updatedAt: at + 1 };
    await installations.save(second);
    expect(await installations.installation(surface, 'T1')).toEqual(second);
    expect((await installations.installations(surface)).map(({ account }) => account)).toEqual([
      'T0',
      'T1',
    ]);
    await installations.remove(surface, 'T1');
    await installations.remove(surface, 'T1');
    expect(await installations.installation(surface, 'T1')).toBeUndefined();
    expect(await installations.installation('other', 'T0')).toBeUndefined();
  });
}
