/**
 * The outbox: messages that we mean to be visible, sent when a call is worth its budget. One sender
 * per account; an account is sent by the one process that holds its lease.
 *
 * Invariant: rows are the truth. `want` is a hint, wake-ups are hints, and everything in memory is
 * rebuilt from `store.unsettled()`, which is read at the start and every few seconds.
 */
import { PRIORITY, type MessageView, type OutboxMessage } from '../model/message.ts';
import type { SessionId, ThreadId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Leases } from '../ports/leases.ts';
import type { Logger } from '../ports/logger.ts';
import type { OutboxStore, ThreadStore } from '../ports/stores.ts';
import type { ResolvedView, Surface } from '../ports/surface.ts';
import type { WakeBus } from '../ports/wake-bus.ts';
import { createAccount, type Account, type AccountDeps, type AccountStats } from './account.ts';
import { firstWant, mergeWants, type Entry, type Want } from './entry.ts';
import { createOpener } from './companions.ts';
import { endAccounts } from './ending.ts';
import { hourlyKey } from './hourly.ts';
import type { Counters } from './sender.ts';

export interface OutboxDeps {
  readonly store: OutboxStore;
  readonly threads: ThreadStore;
  /** By name. Messages of a surface that is not here wait until it is. */
  readonly surfaces: ReadonlyMap<string, Surface>;
  readonly leases: Leases;
  /** What a message shows now; `gone` when there is no such thing (any more). */
  readonly resolve: (view: MessageView) => Promise<ResolvedView | 'gone'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wakeBus: WakeBus;
  /** A message will never arrive: told once, with `error` set, so that a person hears of it. */
  readonly onGivenUp: (message: OutboxMessage) => void;
  /** 0 <= x < 1; Math.random unless a test wants it otherwise. */
  readonly random?: () => number;
}

export interface OutboxBinding {
  readonly threadId: ThreadId;
  readonly sessionId: SessionId;
  readonly presentedSeq: number;
}

export interface Outbox {
  /** The message should be brought up to date; coalesced, and forgotten when there is no row. */
  want(key: string, want: Want): void;
  /** Durable when it resolves; keys that exist stay as they are. Rejects as the store does. */
  open(messages: readonly OutboxMessage[], binding?: OutboxBinding): Promise<void>;
  /** The same, unless one with the key of an hour was opened less than an hour ago (hourly.ts). */
  openHourly(keyOf: (hour: number) => string, message: Omit<OutboxMessage, 'key'>): Promise<void>;
  /** For whoever opens one that belongs to it. */
  message(key: string): Promise<OutboxMessage | undefined>;
  start(): Promise<void>;
  /** Sends what is final, for `graceMs` at most; then ends calls under way and frees the leases. */
  stop(graceMs: number): Promise<void>;
  stats(): Readonly<Counters> & { readonly accounts: readonly AccountStats[] };
}

/** Waits of one call to a surface. */
const DEADLINE_MS = 30_000;
/** With doubling from 1 s to 5 min, the last attempt is about half an hour after the first. */
const MAX_ATTEMPTS = 14;
const BACKOFF = { firstMs: 1_000, longestMs: 300_000 } as const;
/** How often rows are read without a wake-up, and a lease held elsewhere is asked for. */
const SWEEP_MS = 5_000;

const NO_COUNTS: Readonly<Counters> = {
  posts: 0,
  edits: 0,
  unchanged: 0,
  throttled: 0,
  failed: 0,
  givenUp: 0,
};

interface State {
  readonly deps: OutboxDeps;
  readonly accountDeps: (surface: Surface) => AccountDeps;
  readonly accounts: Map<string, Account>;
  /** Keys being read from the store, with what is wanted of them. */
  readonly looking: Map<string, Want>;
  /** Threads that another process woke us for. */
  readonly woken: Set<string>;
  /** When progress of a thread was last told to the process that sends it. */
  readonly toldAt: Map<string, number>;
  readonly silent: Set<string>;
  sweeping: Promise<void> | undefined;
  sweepAgain: boolean;
  cancelTimer: () => void;
  stopped: boolean;
}

export function createOutbox(deps: OutboxDeps): Outbox {
  const { random = Math.random } = deps;
  const counters: Counters = { ...NO_COUNTS };
  const openCompanions = createOpener(deps.store);
  const stop = new AbortController();
  const state: State = {
    deps,
    accountDeps: (surface) => ({
      ...deps,
      surface,
      counters,
      deadlineMs: DEADLINE_MS,
      stop: stop.signal,
      rules: { maxAttempts: MAX_ATTEMPTS, backoff: { ...BACKOFF, random } },
      openCompanions,
      wantCompanion: (key, want) => wantKey(state, key, want),
      onForeign: (entry, want) => tellOwner(state, surface, entry, want),
    }),
    accounts: new Map(),
    looking: new Map(),
    woken: new Set(),
    toldAt: new Map(),
    silent: new Set(),
    sweeping: undefined,
    sweepAgain: false,
    cancelTimer: () => {},
    stopped: false,
  };
  let unsubscribe: () => void = () => {};
  const open: Outbox['open'] = async (messages, binding) => {
    await deps.store.open(messages, binding);
    for (const message of messages) wantKey(state, message.key, firstWant(message));
  };
  return {
    want: (key, want) => wantKey(state, key, want),
    open,
    message: (key) => deps.store.message(key),
    openHourly: async (keyOf, message) => {
      const key = await hourlyKey(deps.store, keyOf, deps.clock.now());
      if (key !== undefined) await open([{ ...message, key }]);
    },
    start: async () => {
      unsubscribe = deps.wakeBus.subscribe('outbox', (threadId, remote) => {
        if (!remote) return;
        state.woken.add(threadId);
        void sweep(state);
      });
      await sweep(state);
    },
    stop: (graceMs) => {
      unsubscribe();
      return end(state, stop, graceMs);
    },
    stats: () => ({
      ...counters,
      accounts: [...state.accounts.values()].map((account) => account.stats()),
    }),
  };
}

function end(state: State, stop: AbortController, graceMs: number): Promise<void> {
  state.stopped = true;
  state.cancelTimer();
  return endAccounts(state.deps.clock, [...state.accounts.values()], stop, graceMs);
}

function accountOf(state: State, row: OutboxMessage): Account | undefined {
  const surface = state.deps.surfaces.get(row.surface);
  if (surface === undefined) {
    if (!state.silent.has(row.surface)) {
      state.silent.add(row.surface);
      const fields = { surface: row.surface };
      state.deps.logger.warn(fields, 'messages wait for a surface that is not set up');
    }
    return undefined;
  }
  const id = JSON.stringify([row.surface, row.account]);
  let account = state.accounts.get(id);
  if (account === undefined) {
    account = createAccount(state.accountDeps(surface), row.account);
    state.accounts.set(id, account);
    void account.claim();
  }
  return account;
}

function wantKey(state: State, key: string, want: Want): void {
  for (const account of state.accounts.values()) {
    const entry = account.entry(key);
    if (entry === undefined) continue;
    account.want(entry, want);
    return;
  }
  const isUnderWay = state.looking.has(key);
  state.looking.set(key, mergeWants(state.looking.get(key), want));
  if (!isUnderWay) void look(state, key);
}

/** Reads the row of an unknown key and wants it. Never rejects. */
async function look(state: State, key: string): Promise<void> {
  try {
    const row = await freshRow(state, key);
    const want = state.looking.get(key);
    if (row === undefined || row.state === 'given_up' || want === undefined) return;
    const account = accountOf(state, row);
    account?.want(account.adopt(row), want);
  } catch (error) {
    // The row, if there is one, is found by the next sweep.
    state.deps.logger.warn({ err: error, key }, 'a message could not be looked up');
  } finally {
    state.looking.delete(key);
  }
}

/** The row, and not one that we finished and forgot while it was being read. */
async function freshRow(state: State, key: string): Promise<OutboxMessage | undefined> {
  for (;;) {
    const before = forgotten(state);
    const row = await state.deps.store.message(key);
    if (forgotten(state) === before) return row;
  }
}

function forgotten(state: State): number {
  let sum = 0;
  for (const account of state.accounts.values()) sum += account.forgotten();
  return sum;
}

/** Progress is told as often as the surface would show it, everything else at once. */
function tellOwner(state: State, surface: Surface, entry: Entry, want: Want): void {
  const { threadId, createdAt } = entry.row;
  const now = state.deps.clock.now();
  if (want.priority === PRIORITY.progress) {
    const interval = surface.progressInterval(now - createdAt, 0);
    if (now - (state.toldAt.get(threadId) ?? 0) < interval) return;
    if (state.toldAt.size > 10_000) state.toldAt.clear();
    state.toldAt.set(threadId, now);
  }
  state.deps.wakeBus.publish('outbox', threadId);
}

/** Reads the open rows and brings memory in line. One at a time; a call meanwhile adds one more. */
function sweep(state: State): Promise<void> {
  if (state.sweeping !== undefined) {
    state.sweepAgain = true;
    return state.sweeping;
  }
  state.cancelTimer();
  state.sweeping = sweepNow(state).finally(() => {
    state.sweeping = undefined;
    if (state.stopped) return;
    if (state.sweepAgain) {
      state.sweepAgain = false;
      void sweep(state);
    } else {
      state.cancelTimer = state.deps.clock.after(SWEEP_MS, () => void sweep(state));
    }
  });
  return state.sweeping;
}

async function sweepNow(state: State): Promise<void> {
  const { deps } = state;
  const woken = new Set(state.woken);
  state.woken.clear();
  const readAt = deps.clock.now();
  let rows: readonly OutboxMessage[];
  try {
    rows = await deps.store.unsettled();
  } catch (error) {
    for (const threadId of woken) state.woken.add(threadId);
    deps.logger.warn({ err: error }, 'open messages could not be read; they are read again');
    return;
  }
  for (const [account, own] of groupByAccount(state, rows)) {
    if (own.length > 0) void account.claim();
    const unknown = new Set(account.reconcile(own, readAt));
    if (!account.held()) continue;
    for (const row of own) {
      if (woken.has(row.threadId) || unknown.has(row.key)) wantKey(state, row.key, firstWant(row));
    }
  }
}

/** Every known account is there, without rows too: it may have to forget some. */
function groupByAccount(
  state: State,
  rows: readonly OutboxMessage[],
): ReadonlyMap<Account, readonly OutboxMessage[]> {
  const groups = new Map<Account, readonly OutboxMessage[]>();
  for (const row of rows) {
    const account = accountOf(state, row);
    if (account === undefined) continue;
    groups.set(account, [...(groups.get(account) ?? []), row]);
  }
  for (const account of state.accounts.values()) {
    if (!groups.has(account)) groups.set(account, []);
  }
  return groups;
}
