/** The stores in memory that core is tested with keep the same contract as the real ones. */
import { createMemorySessions } from '../harness/memory-sessions.ts';
import { describeLeaseStore } from './stores.lease.contract.ts';
import { describeSessionStore } from './stores.session.contract.ts';

const make = async () => ({ ...createMemorySessions(), close: async () => {} });

describeSessionStore('memory', make);
describeLeaseStore('memory', make);
