/** What the contracts of the smaller stores are run over. */
import type { Storage } from '../../src/storage/open.ts';

export type SmallStores = Pick<
  Storage,
  | 'leases'
  | 'inbox'
  | 'deliveries'
  | 'installations'
  | 'threads'
  | 'outbox'
  | 'templates'
  | 'tokens'
  | 'idempotency'
  | 'decisions'
  | 'hosted'
  | 'logouts'
  | 'close'
>;

export type GetStores = () => SmallStores;
