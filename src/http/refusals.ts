/** Counts refused tokens per address, a minute at a time, in a bounded map. */
import type { Clock } from '../core/ports/clock.ts';

const WINDOW_MS = 60_000;
/** Addresses remembered; the oldest is forgotten first. */
const ADDRESSES = 10_000;

export interface Refusals {
  /** Counts one more; the seconds to wait when it was one too many. */
  add(address: string): number | undefined;
}

/** One household or server has a whole IPv6 /64, so that is what counts as one address. */
export function addressGroup(address: string): string {
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length);
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  const zeros = Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':');
}

export function createRefusals(clock: Clock, perMinute: number): Refusals {
  const windows = new Map<string, { readonly start: number; count: number }>();

  return {
    add(address) {
      const group = addressGroup(address);
      const now = clock.now();
      let window = windows.get(group);
      if (window === undefined || now - window.start >= WINDOW_MS) {
        windows.delete(group);
        window = { start: now, count: 0 };
        windows.set(group, window);
        const [oldest] = windows.keys();
        if (windows.size > ADDRESSES && oldest !== undefined) windows.delete(oldest);
      }
      window.count += 1;
      if (window.count <= perMinute) return undefined;
      return Math.ceil((window.start + WINDOW_MS - now) / 1000);
    },
  };
}
