/**
 * Whether a platform can be worked with: it is asked in the background, again and again until it
 * answers, and again when the connection is lost. Invariant: a server starts and serves without it,
 * and each change is one line of the log, with what a person can do about it.
 */
import { backoffMs } from '../ports/backoff.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';

export interface Standing {
  /** `connecting`: not known yet. */
  readonly state: 'connecting' | 'ready' | 'away';
  /** A sentence for people; when away, with the mend. No secrets. */
  readonly says: string;
}

export interface Reach {
  /** Resolves when the first attempt has ended, however; the next ones follow by themselves. */
  start(): Promise<void>;
  /** Makes no further attempt; one that is under way ends without effect. */
  stop(): void;
  /** Something was heard from there: tries at once instead of later. */
  hurry(): void;
  /** The connection that stood has ended: makes it again. */
  lost(): void;
  standing(): Standing;
}

export interface ReachDeps {
  /** For people: `GitHub`. */
  readonly name: string;
  /** Resolves when the platform can be worked with. Must end by itself. */
  readonly connect: () => Promise<void>;
  /** Why it rejected, as a sentence with the mend. */
  readonly explain: (error: unknown) => string;
  /** Each time that `connect` resolved. */
  readonly onReady: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

const BACKOFF = { firstMs: 1_000, longestMs: 60_000, random: Math.random } as const;
/** Between two attempts, however much is heard and lost. */
const APART_MS = 1_000;

interface State {
  readonly deps: ReachDeps;
  standing: Standing;
  running: Promise<void> | undefined;
  failures: number;
  triedAt: number;
  /** The connection ended before the attempt that made it did. */
  isLost: boolean;
  stopped: boolean;
  cancelTimer: () => void;
}

export function createReach(deps: ReachDeps): Reach {
  const state: State = {
    deps,
    standing: { state: 'connecting', says: `${deps.name} is being asked.` },
    running: undefined,
    failures: 0,
    triedAt: 0,
    isLost: false,
    stopped: true,
    cancelTimer: () => {},
  };
  return {
    start: () => {
      state.stopped = false;
      return attempt(state);
    },
    stop: () => {
      state.stopped = true;
      state.cancelTimer();
    },
    hurry: () => {
      if (state.standing.state === 'away') soon(state);
    },
    lost: () => {
      if (state.running === undefined) soon(state);
      else state.isLost = true;
    },
    standing: () => state.standing,
  };
}

function soon(state: State): void {
  const { clock } = state.deps;
  if (state.stopped || state.running !== undefined) return;
  state.cancelTimer();
  const ms = Math.max(0, state.triedAt + APART_MS - clock.now());
  state.cancelTimer = clock.after(ms, () => void attempt(state));
}

/** Never rejects. One at a time. */
function attempt(state: State): Promise<void> {
  state.cancelTimer();
  state.running ??= attemptNow(state).finally(() => {
    state.running = undefined;
    if (state.isLost && state.standing.state === 'ready') soon(state);
  });
  return state.running;
}

async function attemptNow(state: State): Promise<void> {
  const { name, connect, explain, onReady, clock } = state.deps;
  if (state.stopped) return;
  state.triedAt = clock.now();
  state.isLost = false;
  try {
    await connect();
    state.failures = 0;
    if (state.stopped) return;
    become(state, { state: 'ready', says: `${name} answers.` });
    onReady();
  } catch (error) {
    if (state.stopped) return;
    state.failures += 1;
    become(state, { state: 'away', says: explain(error) });
    const ms = backoffMs(BACKOFF, state.failures);
    state.cancelTimer = clock.after(ms, () => void attempt(state));
  }
}

function become(state: State, next: Standing): void {
  const { logger, name } = state.deps;
  const isNews = next.state !== state.standing.state || next.says !== state.standing.says;
  state.standing = next;
  if (!isNews) return;
  const fields = { platform: name, state: next.state };
  if (next.state === 'away') logger.warn(fields, next.says);
  else logger.info(fields, next.says);
}
