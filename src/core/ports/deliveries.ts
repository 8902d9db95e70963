/**
 * Raw deliveries of webhooks, of any source: stored before they are acknowledged, worked off later
 * by a level-triggered worker of the edge that knows how to read them.
 */

export interface Delivery {
  /** Who delivers, e.g. `github`. */
  readonly source: string;
  /** Given by the source; a redelivery has the same one. */
  readonly id: string;
  /** Kind of event, as the source names it. */
  readonly event: string;
  /** The body as it came; its signature was verified. */
  readonly body: string;
  readonly receivedAt: number;
}

export type KnownIds = Pick<ReadonlySet<string>, 'has' | 'size'>;

export interface DeliveryStore {
  /**
   * Stored when it resolves. `unfinished`: known and not done, so it will be worked on (again, if
   * it had failed). `finished`: it was worked off, and nothing will happen.
   */
  accept(delivery: Delivery): Promise<'stored' | 'unfinished' | 'finished'>;
  /**
   * Those to be worked off, in the order of their first arrival. Of those with a `known` id the body
   * is not even read: whoever has them in hand may ask often.
   */
  pending(source: string, limit: number, known?: KnownIds): Promise<readonly Delivery[]>;
  /** Forgets the body; the id stays for the dedupe. */
  done(source: string, id: string): Promise<void>;
  /** Gives it up until the source delivers it again: `error` is kept for whoever looks. */
  failed(source: string, id: string, error: string): Promise<void>;
}
