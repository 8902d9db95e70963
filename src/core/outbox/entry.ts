/**
 * What the sender knows in memory of one message: its row, and whether it should be brought up to
 * date. All of it can be rebuilt from the row.
 */
import { PRIORITY, type OutboxMessage, type Priority } from '../model/message.ts';
import type { ThreadRef } from '../model/thread.ts';
import type { OutboxStore } from '../ports/stores.ts';
import type { CallKind, ResolvedView } from '../ports/surface.ts';
import type { Budget } from './budget.ts';

/** The message should be brought up to date. `version`: newest event that it should show. */
export interface Want {
  readonly priority: Priority;
  readonly version: number;
}

export type RowPatch = Parameters<OutboxStore['update']>[2];

export interface Entry {
  row: OutboxMessage;
  want: Want | undefined;
  busy: boolean;
  /** A post may have arrived: look for it before posting again. */
  mustFind: boolean;
  /** What the row should say but could not be stored yet. */
  unsaved: RowPatch | undefined;
  ref: ThreadRef | undefined;
  /** Whether its thread was looked up; only where budgets depend on it. */
  located: 'no' | 'asking' | 'yes';
  /** Budgets besides the account's that a call spends, by kind of call. */
  readonly spends: Map<CallKind, readonly Budget[]>;
  /** When this process sent it last; 0 = not yet. */
  sentAt: number;
  edits: number;
  /** Not before this time, after our own store failed. */
  holdUntil: number;
  storeFailures: number;
  /** When it was last compared with what it should read. */
  lookedAt: number;
  readonly adoptedAt: number;
}

export function createEntry(row: OutboxMessage, now: number): Entry {
  return {
    row,
    want: undefined,
    busy: false,
    mustFind: row.state === 'posting',
    unsaved: undefined,
    ref: undefined,
    located: 'no',
    spends: new Map(),
    sentAt: 0,
    edits: 0,
    holdUntil: 0,
    storeFailures: 0,
    lookedAt: now,
    adoptedAt: now,
  };
}

/** Newest version, most urgent priority: one send serves both. */
export function mergeWants(a: Want | undefined, b: Want): Want {
  if (a === undefined) return b;
  const priority = a.priority < b.priority ? a.priority : b.priority;
  return { priority, version: Math.max(a.version, b.version) };
}

/** What a message is wanted with when all that is known of it is its row. */
export function firstWant(row: OutboxMessage): Want {
  if (isGarnish(row)) return { priority: PRIORITY.progress, version: 0 };
  const asks = row.view.kind === 'permission' || row.view.kind === 'reminder';
  const priority = asks ? PRIORITY.permission : PRIORITY.state;
  return { priority, version: 0 };
}

/**
 * A mirror of a turn (a reaction on its trigger) says nothing that its message does not: where calls
 * are scarce the answers of other threads come before it.
 */
export const isGarnish = ({ mirror, view }: OutboxMessage): boolean =>
  mirror !== undefined && view.kind === 'turn';

/** A final view never changes again: sent once more, its message is settled. */
export function isFinal(view: ResolvedView): boolean {
  switch (view.kind) {
    case 'turn':
      return view.turn.endedAt !== null;
    case 'permission':
      return view.permission.outcome !== null;
    case 'notice':
      return view.isOpen !== true;
  }
}
