import { describe, expect, it } from 'vitest';
import { createLocalWakeBus } from '../../src/storage/wake-bus.ts';
import { silentLogger } from './open-test-storage.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the wake bus of one process', () => {
  it('wakes later, once for the duplicates of a tick, and only who subscribed to the topic', async () => {
    const bus = createLocalWakeBus(silentLogger);
    const woken: string[] = [];
    bus.subscribe('session', (id, remote) => void woken.push(`${id} ${remote}`));
    bus.subscribe('inbox', (id) => void woken.push(`inbox ${id}`));
    for (const id of ['a', 'b', 'a', 'a']) bus.publish('session', id);
    expect(woken).toEqual([]);
    await settled();
    expect(woken).toEqual(['a false', 'b false']);
    bus.publish('session', 'a');
    await settled();
    expect(woken).toEqual(['a false', 'b false', 'a false']);
  });

  it('goes on when a subscriber throws or leaves, and says so', async () => {
    const errors: object[] = [];
    const bus = createLocalWakeBus({
      ...silentLogger,
      error: (fields) => void errors.push(fields),
    });
    const woken: string[] = [];
    bus.subscribe('hosted', () => {
      throw new Error('broken');
    });
    const leave = bus.subscribe('hosted', () => void woken.push('left'));
    bus.subscribe('hosted', (id) => void woken.push(id));
    leave();
    bus.publish('hosted', 'x');
    await settled();
    expect(woken).toEqual(['x']);
    expect(errors).toMatchObject([{ topic: 'hosted', id: 'x' }]);
  });
});
