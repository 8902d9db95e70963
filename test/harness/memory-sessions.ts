/**
 * A SessionStore and LeaseStore in memory, with the semantics of the ports and nothing else: the
 * store contract suite runs over it too. `fail` makes commits fail as a full disk would.
 */
import { AppError } from '../../src/core/model/errors.ts';
import type { Decision } from '../../src/core/model/decision.ts';
import type { StoredEvent } from '../../src/core/model/events.ts';
import type { HolderId, PromptId, RequestId, SessionId } from '../../src/core/model/ids.ts';
import type { PermissionRequest } from '../../src/core/model/permission.ts';
import type { Prompt, Session } from '../../src/core/model/session.ts';
import type {
  CommitResult,
  LeaseStore,
  SessionCommit,
  SessionStore,
} from '../../src/core/ports/session-store.ts';

interface Lease {
  holder: HolderId | null;
  epoch: number;
}

type Refusal = Extract<CommitResult, { ok: false }>;

export interface MemorySessions {
  readonly sessions: SessionStore;
  readonly leases: LeaseStore;
  /** From now on commits reject as unavailable; undo with false. */
  fail(failing: boolean): void;
  /** Called before every commit is applied; may throw to play a crash. */
  onCommit: (commit: SessionCommit) => void;
  /** All events of a session. */
  log(id: SessionId): readonly StoredEvent[];
  commits(): number;
  /** Decisions that came with commits. */
  readonly decisions: Decision[];
}

export function createMemorySessions(): MemorySessions {
  const sessions = new Map<SessionId, Session>();
  const prompts = new Map<PromptId, Prompt>();
  const permissions = new Map<RequestId, PermissionRequest>();
  const events = new Map<SessionId, StoredEvent[]>();
  const leases = new Map<string, Lease>();
  const beats = new Map<HolderId, number>();
  let failing = false;
  let commits = 0;

  const promptsOf = (id: SessionId): Prompt[] =>
    [...prompts.values()]
      .filter((prompt) => prompt.sessionId === id)
      .sort((a, b) => a.rank - b.rank);

  function check(commit: SessionCommit): Refusal | undefined {
    const stored = sessions.get(commit.sessionId);
    const lease = leases.get(`session:${commit.sessionId}`);
    if (commit.epoch !== undefined && (!lease?.holder || lease.epoch !== commit.epoch)) {
      return { ok: false, reason: 'fenced' };
    }
    if (commit.create && stored) return { ok: false, reason: 'duplicate', what: 'session' };
    if (!commit.create && !stored) return { ok: false, reason: 'not_found', what: 'session' };
    if (stored && commit.sessionIn && !commit.sessionIn.includes(stored.state)) {
      return { ok: false, reason: 'stale', what: 'session', actual: stored.state };
    }
    return checkPrompts(commit) ?? checkPermissions(commit);
  }

  function checkPrompts(commit: SessionCommit): Refusal | undefined {
    if (commit.insertPrompt && prompts.has(commit.insertPrompt.id)) {
      return { ok: false, reason: 'duplicate', what: 'prompt' };
    }
    for (const patch of commit.prompts ?? []) {
      const prompt = prompts.get(patch.id);
      if (prompt?.sessionId !== commit.sessionId) {
        return { ok: false, reason: 'not_found', what: 'prompt' };
      }
      if (!patch.from.includes(prompt.state)) {
        return { ok: false, reason: 'stale', what: 'prompt', actual: prompt.state };
      }
    }
    const patched = new Map((commit.prompts ?? []).map(({ id, state }) => [id, state]));
    const queued = promptsOf(commit.sessionId).filter(
      ({ id, state }) => (patched.get(id) ?? state) === 'queued',
    ).length;
    if (commit.insertPrompt && queued + 1 > (commit.queueLimit ?? Infinity)) {
      return { ok: false, reason: 'queue_full' };
    }
    return undefined;
  }

  function checkPermissions(commit: SessionCommit): Refusal | undefined {
    for (const patch of commit.permissions ?? []) {
      const request = permissions.get(patch.id);
      if (request?.sessionId !== commit.sessionId) {
        return { ok: false, reason: 'not_found', what: 'permission' };
      }
      if (request.state !== 'pending') {
        return { ok: false, reason: 'stale', what: 'permission', actual: request.state };
      }
    }
    if (commit.insertPermission && permissions.has(commit.insertPermission.id)) {
      return { ok: false, reason: 'duplicate', what: 'permission' };
    }
    return undefined;
  }

  function applyPrompts(commit: SessionCommit): void {
    if (commit.insertPrompt) {
      const { front, ...prompt } = commit.insertPrompt;
      const ranks = promptsOf(commit.sessionId).map(({ rank }) => rank);
      const rank = front ? Math.min(1, ...ranks) - 1 : Math.max(0, ...ranks) + 1;
      prompts.set(prompt.id, { ...prompt, rank });
    }
    for (const { from: _, id, ...patch } of commit.prompts ?? []) {
      const prompt = prompts.get(id);
      if (prompt) prompts.set(id, { ...prompt, ...patch });
    }
  }

  function apply(commit: SessionCommit): CommitResult {
    const session = commit.create ?? sessions.get(commit.sessionId);
    if (!session) return { ok: false, reason: 'not_found', what: 'session' };
    const before = commit.create ? 0 : session.lastSeq;
    applyPrompts(commit);
    if (commit.insertPermission) {
      permissions.set(commit.insertPermission.id, commit.insertPermission);
    }
    for (const patch of commit.permissions ?? []) {
      const request = permissions.get(patch.id);
      if (request) permissions.set(patch.id, { ...request, ...patch });
    }
    const stored = commit.events.map((event, index) => ({
      sessionId: commit.sessionId,
      seq: before + index + 1,
      type: event.type,
      json: event.json,
      at: commit.at,
    }));
    events.set(commit.sessionId, [...(events.get(commit.sessionId) ?? []), ...stored]);
    sessions.set(commit.sessionId, {
      ...session,
      ...commit.session,
      lastSeq: before + stored.length,
      updatedAt: commit.at,
    });
    const queued = commit.insertPrompt
      ? promptsOf(commit.sessionId).filter(({ state }) => state === 'queued').length
      : 0;
    return { ok: true, events: stored, queued };
  }

  const memory: MemorySessions = {
    onCommit: () => {},
    fail: (value) => void (failing = value),
    log: (id) => events.get(id) ?? [],
    commits: () => commits,
    decisions: [],
    sessions: {
      async commit(commit) {
        if (failing) throw new AppError('unavailable', 'The disk is full.');
        memory.onCommit(commit);
        const refused = check(commit);
        if (refused) return refused;
        commits += 1;
        if (commit.decision) memory.decisions.push(commit.decision);
        return apply(commit);
      },
      session: async (id) => sessions.get(id),
      async sessions(filter, cursor, limit) {
        const q = filter.q?.toLowerCase();
        const all = [...sessions.values()]
          .filter((one) => !filter.states || filter.states.includes(one.state))
          .filter(
            (one) => !filter.agentTemplateId || one.agentTemplateId === filter.agentTemplateId,
          )
          .filter(
            (one) =>
              q === undefined ||
              [one.agentName, one.id, promptsOf(one.id)[0]?.text ?? ''].some((text) =>
                text.toLowerCase().includes(q),
              ),
          )
          .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
        const start = cursor === null ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
        const data = all.slice(start, start + limit);
        const more = start + limit < all.length;
        return { data, nextCursor: more ? (data.at(-1)?.id ?? null) : null };
      },
      async openSessions() {
        return [...sessions.values()]
          .filter(
            (one) =>
              ['new', 'starting', 'running', 'ending'].includes(one.state) ||
              promptsOf(one.id).some(({ state }) => state === 'queued' || state === 'running') ||
              [...permissions.values()].some(
                (request) => request.sessionId === one.id && request.state === 'pending',
              ),
          )
          .map(({ id }) => id);
      },
      countSessions: async (states) =>
        [...sessions.values()].filter(({ state }) => states.includes(state)).length,
      prompt: async (id) => prompts.get(id),
      prompts: async (id, states) => promptsOf(id).filter(({ state }) => states.includes(state)),
      permission: async (id) => permissions.get(id),
      pendingPermissions: async (id) =>
        [...permissions.values()]
          .filter((request) => request.state === 'pending')
          .filter((request) => id === undefined || request.sessionId === id)
          .sort((a, b) => a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1)),
      events: async (id, after, limit) => (events.get(id) ?? []).slice(after, after + limit),
    },
    leases: {
      async beat(holder) {
        beats.set(holder, (beats.get(holder) ?? 0) + 1);
      },
      holders: async () => [...beats].map(([holder, beat]) => ({ holder, beat })),
      async removeHolder(holder) {
        beats.delete(holder);
        for (const lease of leases.values()) if (lease.holder === holder) lease.holder = null;
      },
      async acquire(key, holder, dead) {
        const lease = leases.get(key);
        if (!lease) {
          leases.set(key, { holder, epoch: 1 });
          return 1;
        }
        if (lease.holder === holder) return lease.epoch;
        if (lease.holder !== null && !dead.includes(lease.holder)) return undefined;
        lease.holder = holder;
        lease.epoch += 1;
        return lease.epoch;
      },
      async release(key, holder, epoch) {
        const lease = leases.get(key);
        if (lease?.holder === holder && lease.epoch === epoch) lease.holder = null;
      },
    },
  };
  return memory;
}
