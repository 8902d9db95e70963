/**
 * What one account sends, and in which order. Invariant: it sends only while it holds the account's
 * lease, and every row it writes carries that lease's epoch; once fenced it forgets everything.
 */
import { isAppError } from '../model/errors.ts';
import { PRIORITY, type OutboxMessage } from '../model/message.ts';
import type { Logger } from '../ports/logger.ts';
import { backoffMs } from '../ports/backoff.ts';
import type { Budget } from './budget.ts';
import type { Budgets } from './budgets.ts';
import { deliver, save, type Attempt, type DeliverDeps } from './deliver.ts';
import { mergeWants, type Entry, type Want } from './entry.ts';
import { consequenceOf, type FailureRules } from './failure.ts';
import { pick } from './pick.ts';

export interface Counters {
  posts: number;
  edits: number;
  unchanged: number;
  throttled: number;
  failed: number;
  givenUp: number;
}

export interface SenderDeps extends DeliverDeps {
  readonly logger: Logger;
  readonly rules: FailureRules;
  readonly counters: Counters;
  /** What belongs to a message should be brought up to date with it. */
  readonly wantCompanion: (key: string, want: Want) => void;
  /** A message will not be sent any more; a person should hear of it. */
  readonly onGivenUp: (message: OutboxMessage) => void;
}

export interface Sender {
  readonly deps: SenderDeps;
  readonly account: string;
  readonly budgets: Budgets;
  readonly entries: Map<string, Entry>;
  /** Of the lease; undefined while somebody else sends. */
  epoch: number | undefined;
  /** Only what is final goes out any more. */
  draining: boolean;
  inFlight: number;
  /** Grows with every message that was finished and forgotten: rows read before may be stale. */
  forgotten: number;
  cancelTimer: () => void;
  /** Told when an attempt has ended. */
  onQuiet: () => void;
}

const LONGEST_SLEEP_MS = 60_000;
const LOCATE_AGAIN_MS = 1_000;
const COUNTED = { posted: 'posts', edited: 'edits', unchanged: 'unchanged' } as const;

/** Starts whatever may be sent now, and sets the alarm for what may be sent later. */
export function pump(sender: Sender): void {
  const { deps, entries, budgets } = sender;
  sender.cancelTimer();
  locate(sender);
  while (sender.epoch !== undefined) {
    const { inFlight, draining } = sender;
    const now = deps.clock.now();
    const choice = pick(entries, { surface: deps.surface, budgets, now, inFlight, draining });
    if (choice.kind === 'send') {
      void send(sender, choice.entry, choice.want, sender.epoch);
      continue;
    }
    if (choice.kind === 'wait') {
      const ms = Math.min(choice.ms, LONGEST_SLEEP_MS);
      sender.cancelTimer = deps.clock.after(ms, () => pump(sender));
    }
    return;
  }
}

/** A call's budgets may depend on its thread, so threads are known before messages are chosen. */
function locate(sender: Sender): void {
  if (sender.deps.surface.budgetsOf === undefined || sender.epoch === undefined) return;
  for (const entry of sender.entries.values()) {
    if (entry.want === undefined || entry.located !== 'no') continue;
    if (entry.holdUntil > sender.deps.clock.now()) continue;
    entry.located = 'asking';
    void locateOne(sender, entry);
  }
}

/** Never rejects. One without a thread is left to `deliver`, which says so. */
async function locateOne(sender: Sender, entry: Entry): Promise<void> {
  const { deps } = sender;
  try {
    entry.ref ??= (await deps.threads.thread(entry.row.threadId))?.ref;
    entry.located = 'yes';
  } catch (error) {
    entry.located = 'no';
    entry.holdUntil = deps.clock.now() + LOCATE_AGAIN_MS;
    deps.logger.warn({ err: error, key: entry.row.key }, 'a thread could not be read; again soon');
  }
  pump(sender);
}

/** True while something is under way, or final and not yet sent. */
export function isBusy(sender: Sender): boolean {
  if (sender.inFlight > 0) return true;
  if (sender.epoch === undefined) return false;
  return [...sender.entries.values()].some(
    (entry) => (entry.want?.priority ?? Infinity) <= PRIORITY.final,
  );
}

/** Never rejects. */
async function send(sender: Sender, entry: Entry, want: Want, epoch: number): Promise<void> {
  const { deps, budgets } = sender;
  const spent = [budgets.own, ...budgets.named(entry)];
  entry.busy = true;
  entry.want = undefined;
  entry.lookedAt = deps.clock.now();
  sender.inFlight += 1;
  for (const budget of spent) budget.take();
  let calls = 1;
  try {
    const attempt = await deliver(deps, epoch, entry);
    calls = attempt.calls;
    await conclude(sender, entry, want, epoch, attempt, spent);
    entry.storeFailures = 0;
  } catch (error) {
    if (isAppError(error, 'fenced')) fence(sender, epoch);
    else failedHere(sender, entry, want, error);
  }
  if (calls === 0) for (const budget of spent) budget.giveBack();
  for (let extra = 1; extra < calls; extra += 1) budgets.own.take();
  entry.busy = false;
  sender.inFlight -= 1;
  pump(sender);
  sender.onQuiet();
}

function fence(sender: Sender, epoch: number): void {
  if (sender.epoch !== epoch) return;
  const fields = { account: sender.account, epoch };
  sender.deps.logger.warn(fields, 'another process sends for this account now');
  sender.epoch = undefined;
  sender.entries.clear();
  sender.cancelTimer();
}

/** Our side failed (store, resolve, render): hold this message for a while, whatever the count. */
function failedHere(sender: Sender, entry: Entry, want: Want, error: unknown): void {
  const { deps } = sender;
  entry.storeFailures += 1;
  entry.holdUntil = deps.clock.now() + backoffMs(deps.rules.backoff, entry.storeFailures);
  entry.want = mergeWants(entry.want, want);
  const fields = { err: error, key: entry.row.key, account: sender.account };
  deps.logger.error(fields, 'a message could not be prepared or recorded; it is tried again');
}

async function conclude(
  sender: Sender,
  entry: Entry,
  want: Want,
  epoch: number,
  attempt: Attempt,
  spent: readonly Budget[],
): Promise<void> {
  const { deps, entries } = sender;
  const key = entry.row.key;
  switch (attempt.kind) {
    case 'failed':
      await failed(sender, entry, want, epoch, attempt, spent);
      break;
    case 'void':
      deps.logger.info({ key, reason: attempt.reason }, 'a message is not needed any more');
      await save(deps, epoch, entry, { state: 'given_up', error: attempt.reason });
      break;
    case 'over':
      break;
    default:
      deps.counters[COUNTED[attempt.kind]] += 1;
      for (const companion of attempt.companions) deps.wantCompanion(companion, want);
  }
  const isOver = entry.row.state === 'settled' || entry.row.state === 'given_up';
  if (!isOver || entry.want !== undefined || entries.get(key) !== entry) return;
  entries.delete(key);
  sender.forgotten += 1;
}

async function failed(
  sender: Sender,
  entry: Entry,
  want: Want,
  epoch: number,
  attempt: Extract<Attempt, { kind: 'failed' }>,
  [own, particular = own]: readonly Budget[],
): Promise<void> {
  const { deps } = sender;
  const { failure, during } = attempt;
  const fields = { key: entry.row.key, account: sender.account, during, failure };
  if (failure.kind === 'throttled') {
    deps.counters.throttled += 1;
    particular?.throttled(failure.retryAfterMs);
    entry.want = mergeWants(entry.want, want);
    deps.logger.warn(fields, 'throttled; the account pauses');
    return;
  }
  const now = deps.clock.now();
  const next = consequenceOf(entry.row, entry.mustFind, failure, during, now, deps.rules);
  deps.counters.failed += 1;
  entry.mustFind = next.mustFind;
  entry.want = next.givenUp ? undefined : mergeWants(entry.want, want);
  if (next.givenUp) {
    deps.counters.givenUp += 1;
    deps.logger.error(fields, 'a message is given up');
    deps.onGivenUp({ ...entry.row, ...next.patch });
  } else {
    deps.logger.warn(fields, 'a message could not be sent; it is tried again');
  }
  await save(deps, epoch, entry, next.patch);
}
