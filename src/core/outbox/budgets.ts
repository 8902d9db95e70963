/**
 * All budgets of one account: its own, and those that a surface names for kinds of calls. A call
 * waits for each budget that it spends, and a throttled one narrows only the one that it hit.
 */
import type { Priority } from '../model/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { CallKind, NamedBudget, Surface } from '../ports/surface.ts';
import { createBudget, type Budget } from './budget.ts';
import type { Entry } from './entry.ts';
import { createWindow } from './window.ts';

export interface Budgets {
  /** What the next call for this message spends besides the account's own. */
  named(entry: Entry): readonly Budget[];
  readonly own: Budget;
}

export const callOf = (entry: Entry): CallKind => (entry.row.externalId === null ? 'post' : 'edit');

export function createBudgets(surface: Surface, clock: Clock): Budgets {
  const byName = new Map<string, Budget>();
  const budgetOf = (start: NamedBudget): Budget => {
    const { name } = start;
    const budget =
      byName.get(name) ??
      ('most' in start ? createWindow(start, clock) : createBudget(start, clock));
    byName.set(name, budget);
    return budget;
  };
  return {
    own: createBudget(surface.budget, clock),
    named: (entry) => {
      if (surface.budgetsOf === undefined || entry.ref === undefined) return NONE;
      const call = callOf(entry);
      const known = entry.spends.get(call);
      if (known !== undefined) return known;
      const spends = surface.budgetsOf(entry.ref, call, entry.row.mirror ?? null).map(budgetOf);
      entry.spends.set(call, spends);
      return spends;
    },
  };
}

const NONE: readonly Budget[] = [];

/** Milliseconds until all of them allow the call; 0 = now. */
export const waitOf = (budgets: readonly Budget[], priority: Priority): number =>
  budgets.reduce((longest, budget) => Math.max(longest, budget.wait(priority)), 0);
