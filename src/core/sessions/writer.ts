/**
 * The pen of a session's owner. Invariant: at most one commit of a session is in flight, so what is
 * written in a row is stored in this order even when the database fails and the commit is tried
 * again. Events that pile up meanwhile go together in the next commit; a change of state takes the
 * events before it along.
 */
import { encodeEvent } from '../events/append.ts';
import type { EventHub } from '../events/hub.ts';
import { AppError, isAppError } from '../model/errors.ts';
import type { NewEvent } from '../model/events.ts';
import type { SessionId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { sleep } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type {
  CommitResult,
  EventToAppend,
  SessionCommit,
  SessionStore,
} from '../ports/session-store.ts';
import type { WakeBus } from '../ports/wake-bus.ts';

/** A change by the owner: everything of a commit but what the writer adds itself. */
export type Change = Omit<SessionCommit, 'sessionId' | 'epoch' | 'events' | 'at' | 'create'> & {
  readonly events: readonly NewEvent[];
};

export interface SessionWriter {
  /** Appends events; they are durable and published some time later, in order. */
  append(event: NewEvent): void;
  /**
   * Commits a change after everything before it. Gives `stale` and the like back. Rejects with
   * `fenced` when somebody else owns the session now; retries while the database is unavailable.
   */
  commit(change: Change): Promise<CommitResult>;
  /** Characters of events that wait for the database. */
  backlog(): number;
  /** Resolves when everything is stored, or nothing more can be. */
  drained(): Promise<void>;
}

interface Item {
  readonly change: Omit<Change, 'events'> | null;
  readonly events: readonly EventToAppend[];
  resolve(result: CommitResult): void;
  reject(error: unknown): void;
}

/** Retries after the database failed, in ms; the last one repeats. */
const RETRIES = [50, 200, 1000, 3000, 5000];
const NOTHING = (): void => {};

export function createSessionWriter(deps: {
  readonly sessionId: SessionId;
  readonly epoch: number;
  readonly store: Pick<SessionStore, 'commit'>;
  readonly hub: Pick<EventHub, 'published'>;
  readonly wakeBus: Pick<WakeBus, 'publish'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, when the session was found to belong to somebody else. */
  readonly onFenced: () => void;
  /** Called when the database fails (again). */
  readonly onTrouble?: (error: AppError) => void;
}): SessionWriter {
  const { sessionId, epoch, store, clock } = deps;
  let queue: Item[] = [];
  let waiting = 0;
  let running: Promise<void> | undefined;
  let fenced: AppError | undefined;

  async function commitOnce(item: Pick<Item, 'change' | 'events'>): Promise<CommitResult> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await store.commit({
          ...item.change,
          sessionId,
          epoch,
          events: item.events,
          at: clock.now(),
        });
      } catch (error) {
        if (!isAppError(error, 'unavailable')) throw error;
        deps.logger.error({ sessionId, err: error, attempt }, 'session not written, will retry');
        deps.onTrouble?.(error);
        await sleep(clock, RETRIES[Math.min(attempt, RETRIES.length - 1)] ?? 0);
      }
    }
  }

  function publish(result: CommitResult): void {
    if (!result.ok || result.events.length === 0) return;
    deps.hub.published(result.events);
    deps.wakeBus.publish('session', sessionId);
  }

  /** Takes events up to and with the next change of state. */
  function take(): { before: EventToAppend[]; change: Item | undefined } {
    const before: EventToAppend[] = [];
    let count = 0;
    for (const item of queue) {
      count += 1;
      if (item.change) {
        queue = queue.slice(count);
        return { before, change: item };
      }
      before.push(...item.events);
    }
    queue = [];
    return { before, change: undefined };
  }

  async function writeNext(): Promise<void> {
    const { before, change } = take();
    for (const event of before) waiting -= event.json.length;
    const events = change ? [...before, ...change.events] : before;
    let result = await commitOnce({ change: change?.change ?? null, events });
    if (!result.ok && result.reason !== 'fenced' && change && before.length > 0) {
      // The change was refused, not the events before it.
      publish(await commitOnce({ change: null, events: before }));
      result = await commitOnce({ change: change.change, events: change.events });
    }
    if (!result.ok && result.reason === 'fenced') throw fencedError();
    publish(result);
    change?.resolve(result);
  }

  function fencedError(): AppError {
    return new AppError('fenced', 'This session is run by another server now.');
  }

  async function run(): Promise<void> {
    let current: Item | undefined;
    try {
      while (queue.length > 0) {
        current = queue.find((item) => item.change !== null);
        await writeNext();
      }
    } catch (error) {
      fenced = isAppError(error, 'fenced') ? error : fencedError();
      if (!isAppError(error, 'fenced')) {
        deps.logger.error({ sessionId, err: error }, 'session given up: its log cannot be written');
      }
      current?.reject(error);
      for (const item of queue) item.reject(fenced);
      queue = [];
      waiting = 0;
      deps.onFenced();
    }
    running = undefined;
  }

  function push(item: Item): void {
    if (fenced) {
      item.reject(fenced);
      return;
    }
    queue.push(item);
    // On a microtask, so that events of one chunk of the agent's output share a commit.
    running ??= Promise.resolve().then(run);
  }

  return {
    append(event) {
      const encoded = encodeEvent(event);
      waiting += encoded.json.length;
      push({ change: null, events: [encoded], resolve: NOTHING, reject: NOTHING });
    },
    commit({ events, ...change }) {
      return new Promise((resolve, reject) => {
        push({ change, events: events.map(encodeEvent), resolve, reject });
      });
    },
    backlog: () => waiting,
    async drained() {
      while (running) await running;
    },
  };
}
