/**
 * Level-triggered work at a bounded pace. Invariant: after a poke the work runs once more; never
 * twice at the same time, never sooner than `intervalMs` after its last start.
 */
import type { Clock } from '../core/ports/clock.ts';

export interface Pulse {
  poke(): void;
  stop(): void;
}

/** `failed` is told once; the pulse has stopped by then. */
export function createPulse(
  clock: Clock,
  intervalMs: () => number,
  work: () => Promise<void>,
  failed: (error: unknown) => void,
): Pulse {
  let state: 'resting' | 'waiting' | 'working' | 'stopped' = 'resting';
  let poked = false;
  let lastStart = Number.NEGATIVE_INFINITY;
  let forget = (): void => undefined;

  const stop = (): void => {
    state = 'stopped';
    forget();
  };
  const run = async (): Promise<void> => {
    if (state === 'stopped') return;
    state = 'working';
    poked = false;
    lastStart = clock.now();
    await work();
    if (isStopped()) return;
    state = 'resting';
    if (poked) schedule();
  };
  // A function, or the compiler believes that `state` cannot change while the work is awaited.
  const isStopped = (): boolean => state === 'stopped';
  const schedule = (): void => {
    state = 'waiting';
    forget = clock.after(Math.max(0, lastStart + intervalMs() - clock.now()), () => {
      run().catch((error: unknown) => {
        stop();
        failed(error);
      });
    });
  };
  return {
    poke() {
      poked = true;
      if (state === 'resting') schedule();
    },
    stop,
  };
}
