import { expect, it } from 'vitest';
import { createSession } from '../contracts/stores.values.ts';
import { openTestStorage } from './open-test-storage.ts';

it('finds the sessions that a thread shows', async () => {
  const storage = await openTestStorage();
  try {
    const bound = await createSession(storage.sessions, {});
    await createSession(storage.sessions, {});
    const ref = { surface: 'web', account: 'web', key: 'one' };
    const thread = await storage.threads.ensure(ref, 'One', 1);
    await storage.threads.bind(thread.id, bound.id, 2);
    const found = await storage.sessions.sessions({ threadId: thread.id }, null, 10);
    expect(found.data.map(({ id }) => id)).toEqual([bound.id]);
    const other = await storage.threads.ensure({ ...ref, key: 'two' }, 'Two', 3);
    const none = await storage.sessions.sessions({ threadId: other.id }, null, 10);
    expect(none.data).toEqual([]);
  } finally {
    await storage.close();
  }
});
