import { describe, expect, it } from 'vitest';
import { createPulse } from '../../src/web/pulse.ts';
import { createManualClock } from '../harness/manual-clock.ts';

const unexpected = (error: unknown): never => {
  throw error;
};

describe('a pulse', () => {
  it('works at once after a poke, and at its pace after many', async () => {
    const clock = createManualClock();
    const times: number[] = [];
    const begin = clock.now();
    const work = async (): Promise<void> => void times.push(clock.now() - begin);
    const pulse = createPulse(clock, () => 100, work, unexpected);
    for (let ms = 0; ms < 250; ms += 10) {
      pulse.poke();
      await clock.advance(10);
    }
    await clock.advance(1_000);
    expect(times).toEqual([0, 100, 200, 300]);
  });

  it('never works twice at a time, and looks again when it was poked meanwhile', async () => {
    const clock = createManualClock();
    let release = (): void => undefined;
    let runs = 0;
    const work = (): Promise<void> => {
      runs += 1;
      return new Promise((resolve) => (release = resolve));
    };
    const pulse = createPulse(clock, () => 10, work, unexpected);
    pulse.poke();
    await clock.advance(1);
    pulse.poke();
    await clock.advance(1_000);
    expect(runs).toBe(1);
    release();
    await clock.advance(10);
    expect(runs).toBe(2);
  });

  it('stops when it is told to, and by itself when the work fails', async () => {
    const clock = createManualClock();
    const errors: unknown[] = [];
    const failing = createPulse(
      clock,
      () => 10,
      () => Promise.reject(new Error('no')),
      (error) => errors.push(error),
    );
    failing.poke();
    await clock.advance(1);
    failing.poke();
    await clock.advance(1_000);
    expect(errors).toEqual([new Error('no')]);
    const stopped = createPulse(
      clock,
      () => 10,
      async () => unexpected('it ran'),
      unexpected,
    );
    stopped.poke();
    stopped.stop();
    await clock.advance(1_000);
    expect(clock.timers()).toBe(0);
  });
});
