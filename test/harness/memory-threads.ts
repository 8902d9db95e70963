/** ThreadStore in memory, with the port's semantics: idempotent binds, newest binding active. */
import { mintId, type SessionId, type ThreadId } from '../../src/core/model/ids.ts';
import type { Thread } from '../../src/core/model/thread.ts';
import type { Binding, ThreadStore } from '../../src/core/ports/stores.ts';

export interface MemoryThreads extends ThreadStore {
  /** What `OutboxStore.open` does to a binding in its transaction. Never backwards. */
  present(threadId: ThreadId, sessionId: SessionId, presentedSeq: number): void;
}

export function createMemoryThreads(): MemoryThreads {
  const threads = new Map<ThreadId, Thread>();
  let bindings: Binding[] = [];

  const isOf = (threadId: ThreadId, sessionId: SessionId) => (binding: Binding) =>
    binding.threadId === threadId && binding.sessionId === sessionId;

  return {
    ensure: async (ref, title, at) => {
      for (const thread of threads.values()) {
        if (thread.ref.surface === ref.surface && thread.ref.key === ref.key) return thread;
      }
      const thread: Thread = { id: mintId('t', at), ref, title, createdAt: at, updatedAt: at };
      threads.set(thread.id, thread);
      return thread;
    },
    thread: async (id) => threads.get(id),
    find: async (ref) =>
      [...threads.values()].find(
        (thread) => thread.ref.surface === ref.surface && thread.ref.key === ref.key,
      ),
    below: async (ref) =>
      [...threads.values()].filter(
        (thread) =>
          thread.ref.surface === ref.surface &&
          thread.ref.account === ref.account &&
          thread.ref.key.startsWith(`${ref.key}/`),
      ),
    threads: async (surface, _cursor, limit) => ({
      data: [...threads.values()]
        .filter((thread) => thread.ref.surface === surface)
        .toSorted((a, b) => b.updatedAt - a.updatedAt)
        .slice(0, limit),
      nextCursor: null,
    }),
    touch: async (id, at) => {
      const thread = threads.get(id);
      if (thread !== undefined) threads.set(id, { ...thread, updatedAt: at });
    },
    bind: async (threadId, sessionId, at) => {
      if (bindings.some(isOf(threadId, sessionId))) return;
      bindings.push({ threadId, sessionId, presentedSeq: 0, boundAt: at });
    },
    unbind: async (threadId, sessionId) => {
      const matches = isOf(threadId, sessionId);
      bindings = bindings.filter((binding) => !matches(binding));
    },
    bindingsOfThread: async (threadId) =>
      bindings
        .filter((b) => b.threadId === threadId)
        .toReversed()
        .toSorted((a, b) => b.boundAt - a.boundAt),
    bindingsOfSession: async (sessionId) => bindings.filter((b) => b.sessionId === sessionId),
    present: (threadId, sessionId, presentedSeq) => {
      const matches = isOf(threadId, sessionId);
      bindings = bindings.map((b) =>
        matches(b) ? { ...b, presentedSeq: Math.max(b.presentedSeq, presentedSeq) } : b,
      );
    },
  };
}
