/** What the session contract is run over. */
import type { LeaseStore, SessionStore } from '../../src/core/ports/session-store.ts';

export interface SessionStoreUnderTest {
  readonly sessions: SessionStore;
  readonly leases: LeaseStore;
  close(): Promise<void>;
}
