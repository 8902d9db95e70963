/**
 * The status that Slack shows for a thread's session, and with it the native Stop button. A
 * nicety: where the app is no agent, or Slack has no time, nothing is shown and nobody is told.
 */
import type { Clock } from '../../core/ports/clock.ts';
import type { Place } from '../address.ts';
import type { SessionStatus } from '../renderers/body.ts';
import type { Workspaces } from './workspaces.ts';

export interface SessionStatuses {
  /** Whether Slack shows it. Never rejects; does nothing when it is shown already. */
  show(place: Place, status: SessionStatus): Promise<boolean>;
}

/** Slack takes `processing` back after an hour. */
const FRESH_MS = 50 * 60_000;
const REST_MS = 60 * 60_000;
const MOST_KEPT = 10_000;

export function createSessionStatuses(deps: {
  readonly workspaces: Workspaces;
  readonly clock: Clock;
}): SessionStatuses {
  const { workspaces, clock } = deps;
  const shown = new Map<string, { readonly status: SessionStatus; readonly at: number }>();
  const restingUntil = new Map<string, number>();

  return {
    async show(place, status) {
      const { team, channel, thread } = place;
      const now = clock.now();
      if ((restingUntil.get(team) ?? 0) > now) return false;
      const key = `${team}/${channel}/${thread}`;
      const known = shown.get(key);
      if (known?.status === status && now - known.at < FRESH_MS) return true;
      shown.delete(key);
      shown.set(key, { status, at: now });
      const [oldest] = shown.keys();
      if (shown.size > MOST_KEPT && oldest !== undefined) shown.delete(oldest);
      const args = { channel_id: channel, thread_ts: thread, status };
      const answer = await workspaces
        .call(team, 'agents.sessions.setStatus', args)
        .catch(() => undefined);
      if (answer?.ok === true) return true;
      shown.delete(key);
      const failure = answer?.failure;
      if (failure?.kind === 'said') restingUntil.set(team, now + REST_MS);
      if (failure?.kind === 'throttled') restingUntil.set(team, now + failure.retryAfterMs);
      return false;
    },
  };
}
