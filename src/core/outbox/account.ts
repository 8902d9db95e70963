/**
 * One outbound account: who sends for it (the lease), and which rows the sender knows. Rows are
 * the truth; whatever is in memory is brought in line with them when the lease is won, and now and
 * then afterwards.
 */
import { PRIORITY, type OutboxMessage } from '../model/message.ts';
import type { Leases } from '../ports/leases.ts';
import { createBudgets } from './budgets.ts';
import { createEntry, firstWant, isGarnish, mergeWants, type Entry, type Want } from './entry.ts';
import { isBusy, pump, type Sender, type SenderDeps } from './sender.ts';

export interface AccountDeps extends Omit<SenderDeps, 'leaseKey'> {
  readonly leases: Leases;
  /** Somebody else sends for this account: tell them that the message should be looked at. */
  readonly onForeign: (entry: Entry, want: Want) => void;
}

export interface AccountStats {
  readonly surface: string;
  readonly account: string;
  /** This process sends for it. */
  readonly held: boolean;
  /** Messages that should be brought up to date. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Messages in memory. */
  readonly known: number;
  /** Calls regained a minute at present. */
  readonly perMinute: number;
}

export interface Account {
  entry(key: string): Entry | undefined;
  /** Takes note of a row from the store; one that is known stays as it is. */
  adopt(row: OutboxMessage): Entry;
  want(entry: Entry, want: Want): void;
  held(): boolean;
  /** Grows when a message was finished and forgotten: a row read before that may be stale. */
  forgotten(): number;
  /** Tries to get the lease unless it is ours; with it, starts from the rows as they are. */
  claim(): Promise<void>;
  /** Open rows of this account, read at `readAt`: gives the keys that are unknown here. */
  reconcile(rows: readonly OutboxMessage[], readAt: number): readonly string[];
  /** From now on only what is final goes out; resolves when none of it is left. */
  drain(): Promise<void>;
  /** Stops sending and frees the lease. Never rejects. */
  release(): Promise<void>;
  stats(): AccountStats;
}

/** A message that nobody asked about for so long is compared again: wake-ups may be lost. */
const LOOK_AGAIN_MS = 30_000;

export const accountLease = (surface: string, account: string): string =>
  `outbox:${surface}:${account}`;

interface State extends Sender {
  readonly leases: Leases;
  readonly leaseKey: string;
  readonly onForeign: AccountDeps['onForeign'];
  claiming: Promise<void> | undefined;
  released: boolean;
}

export function createAccount(deps: AccountDeps, account: string): Account {
  const leaseKey = accountLease(deps.surface.name, account);
  const state: State = {
    deps: { ...deps, leaseKey },
    account,
    budgets: createBudgets(deps.surface, deps.clock),
    entries: new Map(),
    epoch: undefined,
    draining: false,
    inFlight: 0,
    forgotten: 0,
    cancelTimer: () => {},
    onQuiet: () => {},
    leases: deps.leases,
    leaseKey,
    onForeign: deps.onForeign,
    claiming: undefined,
    released: false,
  };
  return {
    entry: (key) => state.entries.get(key),
    adopt: (row) => adopt(state, row),
    want: (entry, want) => wanted(state, entry, want),
    held: () => state.epoch !== undefined,
    forgotten: () => state.forgotten,
    claim: () => claim(state),
    reconcile: (rows, readAt) => reconcile(state, rows, readAt),
    drain: () => drain(state),
    release: () => release(state),
    stats: () => ({
      surface: deps.surface.name,
      account,
      held: state.epoch !== undefined,
      waiting: [...state.entries.values()].filter((entry) => entry.want !== undefined).length,
      inFlight: state.inFlight,
      known: state.entries.size,
      perMinute: state.budgets.own.perMinute(),
    }),
  };
}

function adopt(state: State, row: OutboxMessage): Entry {
  const known = state.entries.get(row.key);
  if (known !== undefined) return known;
  const entry = createEntry(row, state.deps.clock.now());
  state.entries.set(row.key, entry);
  return entry;
}

function wanted(state: State, entry: Entry, want: Want): void {
  if (state.epoch === undefined && state.claiming === undefined) {
    state.onForeign(entry, want);
    return;
  }
  const priority = isGarnish(entry.row) ? PRIORITY.progress : want.priority;
  const merged = mergeWants(entry.want, { ...want, priority });
  // A storm of wants of one message must cost one look, not one each.
  const isNews = merged.priority !== entry.want?.priority;
  entry.want = merged;
  if (isNews && !entry.busy) pump(state);
}

function claim(state: State): Promise<void> {
  if (state.epoch !== undefined || state.released) return Promise.resolve();
  state.claiming ??= claimNow(state).finally(() => {
    state.claiming = undefined;
    if (state.epoch === undefined) handOver(state);
  });
  return state.claiming;
}

/** Never rejects. */
async function claimNow(state: State): Promise<void> {
  const { deps } = state;
  try {
    const epoch = await state.leases.acquire(state.leaseKey);
    if (epoch === undefined) return;
    await takeOver(state);
    if (state.released) {
      await state.leases.release(state.leaseKey, epoch);
      return;
    }
    state.epoch = epoch;
    pump(state);
  } catch (error) {
    const fields = { err: error, account: state.account };
    deps.logger.warn(fields, 'an account could not be taken over; it is tried again');
  }
}

/** Memory as the rows are now: what another owner did before us is in them. */
async function takeOver(state: State): Promise<void> {
  const { deps, entries } = state;
  const readAt = deps.clock.now();
  const rows = (await deps.store.unsettled()).filter(
    (row) => row.surface === deps.surface.name && row.account === state.account,
  );
  const open = new Set(rows.map((row) => row.key));
  for (const row of rows) {
    const entry = adopt(state, row);
    refresh(entry, row);
    entry.want = mergeWants(entry.want, firstWant(row));
  }
  for (const [key, entry] of entries) {
    if (open.has(key) || entry.want === undefined) continue;
    const row = await deps.store.message(key);
    if (row === undefined || row.state === 'given_up') entries.delete(key);
    else refresh(entry, row);
  }
  forget(state, open, readAt);
}

function refresh(entry: Entry, row: OutboxMessage): void {
  entry.row = row;
  entry.mustFind = row.state === 'posting';
  entry.unsaved = undefined;
}

/** Nobody else would learn what was wanted while we hoped for the lease. */
function handOver(state: State): void {
  for (const entry of state.entries.values()) {
    if (entry.want !== undefined) state.onForeign(entry, entry.want);
    entry.want = undefined;
  }
}

function forget(state: State, open: ReadonlySet<string>, readAt: number): void {
  for (const [key, entry] of state.entries) {
    const isIdle = entry.want === undefined && !entry.busy && entry.adoptedAt < readAt;
    if (isIdle && !open.has(key)) state.entries.delete(key);
  }
}

function reconcile(
  state: State,
  rows: readonly OutboxMessage[],
  readAt: number,
): readonly string[] {
  const now = state.deps.clock.now();
  const unknown: string[] = [];
  for (const row of rows) {
    const entry = state.entries.get(row.key);
    if (entry === undefined) unknown.push(row.key);
    else if (state.epoch !== undefined && now - entry.lookedAt >= LOOK_AGAIN_MS) {
      entry.want = mergeWants(entry.want, { priority: PRIORITY.progress, version: 0 });
    }
  }
  forget(state, new Set(rows.map((row) => row.key)), readAt);
  pump(state);
  return state.epoch === undefined ? [] : unknown;
}

function drain(state: State): Promise<void> {
  state.draining = true;
  return new Promise((resolve) => {
    state.onQuiet = () => {
      if (!isBusy(state)) resolve();
    };
    pump(state);
    state.onQuiet();
  });
}

async function release(state: State): Promise<void> {
  state.released = true;
  await state.claiming;
  state.cancelTimer();
  const { epoch, deps } = state;
  state.epoch = undefined;
  if (epoch === undefined) return;
  await new Promise<void>((resolve) => {
    state.onQuiet = () => {
      if (state.inFlight === 0) resolve();
    };
    state.onQuiet();
  });
  try {
    await state.leases.release(state.leaseKey, epoch);
  } catch (error) {
    deps.logger.warn({ err: error, account: state.account }, 'a lease could not be released');
  }
}
