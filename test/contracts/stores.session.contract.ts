/** What every SessionStore keeps to. Run by stores.test.ts, and over the in-memory one of tests. */
import { afterAll, beforeAll, describe } from 'vitest';
import { sessionTests } from './stores.session-list.contract.ts';
import { fenceTests, logTests } from './stores.session-log.contract.ts';
import { permissionTests, promptTests } from './stores.session-prompts.contract.ts';
import type { SessionStoreUnderTest } from './stores.session.under-test.ts';

export function describeSessionStore(
  name: string,
  makeStore: () => Promise<SessionStoreUnderTest>,
): void {
  describe(`SessionStore over ${name}`, () => {
    let store: SessionStoreUnderTest;
    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store.close());
    const get = (): SessionStoreUnderTest => store;
    describe('log', () => logTests(get));
    describe('fence', () => fenceTests(get));
    describe('prompts', () => promptTests(get));
    describe('permissions', () => permissionTests(get));
    describe('sessions', () => sessionTests(get));
  });
}
