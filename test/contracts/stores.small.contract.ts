/** What the smaller stores keep to. */
import { afterAll, beforeAll, describe } from 'vitest';
import { hostedTests, inboxTests, outboxTests, threadTests } from './stores.chat.contract.ts';
import {
  decisionTests,
  idempotencyTests,
  logoutTests,
  templateTests,
  tokenTests,
} from './stores.control.contract.ts';
import { deliveryTests } from './stores.deliveries.contract.ts';
import { installationTests } from './stores.installations.contract.ts';
import type { GetStores, SmallStores } from './stores.small.under-test.ts';

export function describeSmallStores(name: string, makeStore: () => Promise<SmallStores>): void {
  describe(`Stores over ${name}`, () => {
    let stores: SmallStores;
    beforeAll(async () => {
      stores = await makeStore();
    });
    afterAll(() => stores.close());
    const get: GetStores = () => stores;
    describe('Inbox', () => inboxTests(get));
    describe('DeliveryStore', () => deliveryTests(get));
    describe('InstallationStore', () => installationTests(get));
    describe('ThreadStore', () => threadTests(get));
    describe('OutboxStore', () => outboxTests(get));
    describe('TemplateStore', () => templateTests(get));
    describe('TokenStore', () => tokenTests(get));
    describe('IdempotencyStore', () => idempotencyTests(get));
    describe('DecisionLog', () => decisionTests(get));
    describe('LogoutStore', () => logoutTests(get));
    describe('HostedMessageStore', () => hostedTests(get));
  });
}
