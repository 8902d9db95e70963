/**
 * Wake-ups between workers, in this process and on other replicas. A hint, never a fact: whoever
 * wakes looks at the rows, and looks now and then without a wake-up too.
 */
export type WakeTopic =
  /** A session has rows to work off (a prompt, a cancel, an answer) or new events; id = session. */
  | 'session'
  /** The inbox has a row. */
  | 'inbox'
  /** A delivery of a platform was stored; id = its source. */
  | 'deliveries'
  /** The outbox has a row; id = thread. */
  | 'outbox'
  /** A hosted message was posted or edited; id = thread. */
  | 'hosted';

export interface WakeBus {
  publish(topic: WakeTopic, id: string): void;
  /**
   * `fn` runs on a later microtask for publishes of this process (`remote` false) and of other
   * replicas (`remote` true).
   */
  subscribe(topic: WakeTopic, fn: (id: string, remote: boolean) => void): () => void;
}
