/**
 * The status that Slack shows for a thread's session, and with it the native Stop button; where the
 * app is no agent, the older status line. A nicety: where neither is to be had, or Slack has no
 * time, nothing is shown and nobody is told.
 */
import { PRIORITY } from '../../core/model/message.ts';
import { createBudget, type Budget } from '../../core/outbox/budget.ts';
import { keepNewest } from '../../core/platforms/keep-newest.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Place } from '../address.ts';
import type { SessionStatus } from '../renderers/body.ts';
import type { Workspaces } from './workspaces.ts';

export interface SessionStatuses {
  /**
   * `unable`: this workspace, or this thread, shows none. `busy`: not now. Never rejects; does
   * nothing when it is shown already.
   */
  show(place: Place, status: SessionStatus): Promise<Outcome>;
  /**
   * `processing`, before anybody knows whether there will be a turn; not after it was answered.
   * `receivedAt`: when we got what is acknowledged.
   */
  acknowledge(place: Place, receivedAt: number): Promise<Outcome>;
  /** As `show`, though we believe that it is shown already: somebody else changed it. */
  restore(place: Place, status: SessionStatus): Promise<Outcome>;
  /** There was an answer without a turn: takes back what only an acknowledgement began. */
  answered(place: Place): Promise<void>;
}

type Outcome = 'shown' | 'busy' | 'unable';

/** Slack takes `processing` back after an hour. */
const FRESH_MS = 50 * 60_000;
const REST_MS = 60 * 60_000;
const AGAIN_MS = 15_000;
const MOST_KEPT = 10_000;
/** Of the method's fifty a minute. */
const BUDGET = { burst: 20, perMinute: 40 } as const;

/** How a workspace shows it, the best first. Slack's word for it is remembered for an hour. */
const WAYS = ['agents.sessions.setStatus', 'assistant.threads.setStatus'] as const;

/** The older status line: words after our name; empty takes it away. */
const LINES: Readonly<Record<SessionStatus, string>> = {
  processing: 'is working…',
  suspended: 'is waiting for an answer…',
  active: '',
  closed: '',
};

/** These speak of one thread; every other refusal speaks of the app. */
const OF_THE_THREAD: ReadonlySet<string> = new Set([
  'channel_not_found',
  'invalid_thread_ts',
  'is_archived',
  'message_not_found',
  'not_in_channel',
  'thread_not_found',
  'thread_ts_not_allowed',
  'user_not_found',
]);

interface Shown {
  readonly status: SessionStatus;
  readonly at: number;
  /** Nothing but an acknowledgement began it. */
  readonly isGuess: boolean;
}

interface Team {
  readonly budget: Budget;
  /** Index in WAYS; beyond it: none. */
  way: number;
  /** When the best way is tried again. */
  until: number;
}

interface Deps {
  readonly workspaces: Pick<Workspaces, 'call'>;
  readonly clock: Clock;
}

export function createSessionStatuses(deps: Deps): SessionStatuses {
  const { clock } = deps;
  const shown = new Map<string, Shown>();
  const answeredAt = new Map<string, number>();
  const underWay = new Map<string, Promise<Outcome>>();
  const missed = new Map<string, () => void>();
  const attempt = createAttempt(deps);

  const show = async (place: Place, status: SessionStatus, isGuess: boolean): Promise<Outcome> => {
    const key = keyOf(place);
    const known = shown.get(key);
    if (known?.status === status && clock.now() - known.at < FRESH_MS) {
      if (known.isGuess && !isGuess) shown.set(key, { ...known, isGuess });
      return 'shown';
    }
    // At once, so that the next caller does not ask for the same meanwhile.
    keep(shown, key, { status, isGuess, at: clock.now() });
    // Slack sees the statuses of a thread in our order.
    const before = underWay.get(key) ?? Promise.resolve();
    const call = before.then(() => attempt(place, status));
    underWay.set(key, call);
    const outcome = await call;
    if (underWay.get(key) === call) underWay.delete(key);
    if (outcome === 'shown' || shown.get(key)?.status !== status) return outcome;
    shown.delete(key);
    // A turn that has ended must not look as if it worked for an hour.
    if (outcome === 'busy' && !isGuess) again(place, status);
    return outcome;
  };

  /** Once more in a while, unless the thread shows something else by then. */
  const again = (place: Place, status: SessionStatus): void => {
    const key = keyOf(place);
    missed.get(key)?.();
    const cancel = clock.after(AGAIN_MS, () => {
      missed.delete(key);
      if (!shown.has(key)) void show(place, status, false);
    });
    keep(missed, key, cancel);
  };

  return {
    show: (place, status) => show(place, status, false),
    acknowledge(place, receivedAt) {
      const key = keyOf(place);
      const known = shown.get(key);
      const isOver = known?.isGuess === false && known.at >= receivedAt;
      if (isOver || (answeredAt.get(key) ?? -1) >= receivedAt) return Promise.resolve('shown');
      return show(place, 'processing', true);
    },
    restore(place, status) {
      shown.delete(keyOf(place));
      return show(place, status, false);
    },
    async answered(place) {
      const key = keyOf(place);
      keep(answeredAt, key, clock.now());
      if (shown.get(key)?.isGuess === true) await show(place, 'active', false);
    },
  };
}

/** One call by the workspace's way, or by the next one where Slack knows no such thing. */
function createAttempt({
  workspaces,
  clock,
}: Deps): (place: Place, status: SessionStatus) => Promise<Outcome> {
  const teams = new Map<string, Team>();

  const teamOf = (id: string): Team => {
    const team = teams.get(id) ?? { budget: createBudget(BUDGET, clock), way: 0, until: 0 };
    if (team.way > 0 && clock.now() >= team.until) team.way = 0;
    teams.set(id, team);
    return team;
  };

  return async function attempt(place, status) {
    const team = teamOf(place.team);
    const way = WAYS[team.way];
    if (way === undefined) return 'unable';
    if (team.budget.wait(PRIORITY.state) > 0) return 'busy';
    team.budget.take();
    const { channel, thread } = place;
    const said = way === 'agents.sessions.setStatus' ? status : LINES[status];
    const args = { channel_id: channel, thread_ts: thread, status: said };
    const answer = await workspaces.call(place.team, way, args).catch(() => undefined);
    if (answer?.ok === true) return 'shown';
    const failure = answer?.failure;
    if (failure?.kind === 'throttled') team.budget.throttled(failure.retryAfterMs);
    if (failure?.kind !== 'said') return 'busy';
    if (OF_THE_THREAD.has(failure.error)) return 'unable';
    // Two calls at once hear the same refusal: it counts once.
    if (WAYS[team.way] === way) {
      team.way += 1;
      team.until = clock.now() + REST_MS;
    }
    return attempt(place, status);
  };
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  keepNewest(map, key, value, MOST_KEPT);
}

const keyOf = ({ team, channel, thread }: Place): string => `${team}/${channel}/${thread}`;
