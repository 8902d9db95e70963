/**
 * The status that Slack shows for a thread's session, and with it the native Stop button. A
 * nicety: where the app is no agent, or Slack has no time, nothing is shown and nobody is told.
 */
import { PRIORITY } from '../../core/model/message.ts';
import { createBudget, type Budget } from '../../core/outbox/budget.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Place } from '../address.ts';
import type { SessionStatus } from '../renderers/body.ts';
import type { Workspaces } from './workspaces.ts';

export interface SessionStatuses {
  /**
   * `unable`: this workspace shows none. `busy`: not now. Never rejects; does nothing when it is
   * shown already.
   */
  show(place: Place, status: SessionStatus): Promise<'shown' | 'busy' | 'unable'>;
}

/** Slack takes `processing` back after an hour. */
const FRESH_MS = 50 * 60_000;
const REST_MS = 60 * 60_000;
const MOST_KEPT = 10_000;
/** Of the method's fifty a minute. */
const BUDGET = { burst: 20, perMinute: 40 } as const;

export function createSessionStatuses(deps: {
  readonly workspaces: Workspaces;
  readonly clock: Clock;
}): SessionStatuses {
  const { workspaces, clock } = deps;
  const shown = new Map<string, { readonly status: SessionStatus; readonly at: number }>();
  const restingUntil = new Map<string, number>();
  const budgets = new Map<string, Budget>();
  const budgetOf = (team: string): Budget => {
    const budget = budgets.get(team) ?? createBudget(BUDGET, clock);
    budgets.set(team, budget);
    return budget;
  };

  return {
    async show(place, status) {
      const { team, channel, thread } = place;
      const now = clock.now();
      if ((restingUntil.get(team) ?? 0) > now) return 'unable';
      const key = `${team}/${channel}/${thread}`;
      const known = shown.get(key);
      if (known?.status === status && now - known.at < FRESH_MS) return 'shown';
      const budget = budgetOf(team);
      if (budget.wait(PRIORITY.state) > 0) return 'busy';
      budget.take();
      shown.delete(key);
      shown.set(key, { status, at: now });
      const [oldest] = shown.keys();
      if (shown.size > MOST_KEPT && oldest !== undefined) shown.delete(oldest);
      const args = { channel_id: channel, thread_ts: thread, status };
      const answer = await workspaces
        .call(team, 'agents.sessions.setStatus', args)
        .catch(() => undefined);
      if (answer?.ok === true) return 'shown';
      shown.delete(key);
      const failure = answer?.failure;
      if (failure?.kind === 'throttled') budget.throttled(failure.retryAfterMs);
      if (failure?.kind !== 'said') return 'busy';
      restingUntil.set(team, now + REST_MS);
      return 'unable';
    },
  };
}
