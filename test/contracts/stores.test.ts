/** Every store contract over every database; the contracts of one database share one storage. */
import { afterAll, describe } from 'vitest';
import type { Storage } from '../../src/storage/open.ts';
import { startPostgres } from '../harness/databases.ts';
import { openTestStorage } from '../storage/open-test-storage.ts';
import { describeLeaseStore } from './stores.lease.contract.ts';
import { describeSessionStore } from './stores.session.contract.ts';
import { describeSmallStores } from './stores.small.contract.ts';

const postgres = await startPostgres();
const databases: readonly (readonly [string, () => Promise<string | undefined>])[] = [
  ['sqlite', async () => undefined],
  ['pglite', async () => 'pglite://pglite'],
  ...(postgres ? [['postgres', () => postgres.freshDatabase()] as const] : []),
];

for (const [name, url] of databases) {
  describe(`${name}`, () => {
    let opened: Promise<Storage> | undefined;
    const share = async (): Promise<Storage> => {
      opened ??= url().then((text) => openTestStorage(text));
      return { ...(await opened), close: async () => {} };
    };
    afterAll(async () => (await opened)?.close());
    describeSessionStore(name, share);
    describeLeaseStore(name, share);
    describeSmallStores(name, share);
  });
}
