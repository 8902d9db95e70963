/** A WakeBus within one process; `remote` plays a wake-up from another replica. */
import type { WakeBus, WakeTopic } from '../../src/core/ports/wake-bus.ts';

export function createMemoryWakeBus(): WakeBus & { remote(topic: WakeTopic, id: string): void } {
  const listeners = new Map<WakeTopic, Set<(id: string, remote: boolean) => void>>();
  function send(topic: WakeTopic, id: string, remote: boolean): void {
    queueMicrotask(() => {
      for (const listener of listeners.get(topic) ?? []) listener(id, remote);
    });
  }
  return {
    publish: (topic, id) => send(topic, id, false),
    remote: (topic, id) => send(topic, id, true),
    subscribe(topic, fn) {
      const set = listeners.get(topic) ?? new Set();
      set.add(fn);
      listeners.set(topic, set);
      return () => void set.delete(fn);
    },
  };
}
