/**
 * Which message is sent next. Priority first, then the one that was brought up to date longest ago.
 * Progress keeps the surface's distance between edits; nothing else waits for it.
 */
import { PRIORITY } from '../model/message.ts';
import type { Surface } from '../ports/surface.ts';
import { waitOf, type Budgets } from './budgets.ts';
import type { Entry, Want } from './entry.ts';

export type Choice =
  | { readonly kind: 'send'; readonly entry: Entry; readonly want: Want }
  /** Nothing now; look again in `ms`. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Nothing until something else happens. */
  | { readonly kind: 'idle' };

export interface PickContext {
  readonly surface: Surface;
  readonly budgets: Budgets;
  readonly now: number;
  /** Calls under way on the account. */
  readonly inFlight: number;
  /** Ending: only what is final goes out. */
  readonly draining: boolean;
}

/** Calls that one account may have under way. The last few are for what cannot wait. */
const SLOTS = 6;
const URGENT_SLOTS = 9;

const isUrgent = (want: Want): boolean => want.priority <= PRIORITY.final;

function readyAt(entry: Entry, want: Want, surface: Surface, now: number): number {
  const held = Math.max(entry.row.notBefore, entry.holdUntil);
  if (want.priority !== PRIORITY.progress || entry.sentAt === 0) return held;
  const interval = surface.progressInterval(now - entry.row.createdAt, entry.edits, entry.ref);
  return Math.max(held, entry.sentAt + interval);
}

/** What was never shown comes first; but of ends those first that are owed for longest. */
function staleSince({ sentAt, row }: Entry, want: Want): number {
  return sentAt === 0 && want.priority === PRIORITY.final ? row.createdAt : sentAt;
}

function isSooner(a: Entry, aWant: Want, b: Entry, bWant: Want): boolean {
  if (aWant.priority !== bWant.priority) return aWant.priority < bWant.priority;
  const [aSince, bSince] = [staleSince(a, aWant), staleSince(b, bWant)];
  if (aSince !== bSince) return aSince < bSince;
  return a.row.createdAt < b.row.createdAt;
}

/** First posts of a thread go one after the other, so that they stand in order; urgent ones pass. */
function postingThreads(entries: Iterable<Entry>): ReadonlySet<string> {
  const threads = new Set<string>();
  for (const entry of entries) {
    if (entry.busy && entry.row.externalId === null) threads.add(entry.row.threadId);
  }
  return threads;
}

export function pick(entries: ReadonlyMap<string, Entry>, context: PickContext): Choice {
  const { now, surface, draining } = context;
  const posting = postingThreads(entries.values());
  let best: { entry: Entry; want: Want } | undefined;
  let next = Infinity;
  for (const entry of entries.values()) {
    const want = entry.want;
    if (want === undefined || entry.busy) continue;
    if (draining && !isUrgent(want)) continue;
    const inTurn = entry.row.externalId !== null || !posting.has(entry.row.threadId);
    if (!inTurn && want.priority !== PRIORITY.permission) continue;
    if (entry.located === 'asking') continue;
    const ready = readyAt(entry, want, surface, now);
    const at = ready > now ? ready : now + waitOf(context.budgets.named(entry), want.priority);
    if (at > now) {
      next = Math.min(next, at);
    } else if (best === undefined || isSooner(entry, want, best.entry, best.want)) {
      best = { entry, want };
    }
  }
  if (best !== undefined) {
    if (context.inFlight >= (isUrgent(best.want) ? URGENT_SLOTS : SLOTS)) return { kind: 'idle' };
    const wait = context.budgets.own.wait(best.want.priority);
    if (wait === 0) return { kind: 'send', ...best };
    next = Math.min(next, now + wait);
  }
  return next === Infinity ? { kind: 'idle' } : { kind: 'wait', ms: next - now };
}
