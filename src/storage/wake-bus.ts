/** The wake bus within one process: duplicates of a tick become one wake-up. */
import type { Logger } from '../core/ports/logger.ts';
import type { WakeBus, WakeTopic } from '../core/ports/wake-bus.ts';

export interface LocalWakeBus extends WakeBus {
  /** Wakes this process's subscribers for a publish of another replica. */
  receive(topic: WakeTopic, id: string): void;
}

type Subscriber = (id: string, remote: boolean) => void;

export function createLocalWakeBus(logger: Logger): LocalWakeBus {
  const subscribers = new Map<WakeTopic, Set<Subscriber>>();
  let pending = new Map<string, () => void>();

  function deliver(topic: WakeTopic, id: string, remote: boolean): void {
    for (const subscriber of subscribers.get(topic) ?? []) {
      try {
        subscriber(id, remote);
      } catch (error) {
        logger.error({ err: error, topic, id }, 'a wake-up failed');
      }
    }
  }

  function enqueue(topic: WakeTopic, id: string, remote: boolean): void {
    if (pending.size === 0) {
      queueMicrotask(() => {
        const due = pending;
        pending = new Map();
        for (const run of due.values()) run();
      });
    }
    pending.set(`${remote ? 'remote' : 'local'} ${topic} ${id}`, () => deliver(topic, id, remote));
  }

  return {
    publish: (topic, id) => enqueue(topic, id, false),
    receive: (topic, id) => enqueue(topic, id, true),
    subscribe(topic, fn) {
      const set = subscribers.get(topic) ?? new Set();
      subscribers.set(topic, set);
      // Its own object, so that a function subscribed twice is two subscriptions.
      const subscriber: Subscriber = (id, remote) => fn(id, remote);
      set.add(subscriber);
      return () => void set.delete(subscriber);
    },
  };
}
