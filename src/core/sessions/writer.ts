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
  /** Characters of events appended so far. */
  appended(): number;
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

interface WriterDeps {
  readonly sessionId: SessionId;
  readonly epoch: number;
  readonly store: Pick<SessionStore, 'commit'>;
  readonly hub: Pick<EventHub, 'published'>;
  readonly wakeBus: Pick<WakeBus, 'publish'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, when the session was found to belong to somebody else. */
  readonly onFenced: () => void;
}

export function createSessionWriter(deps: WriterDeps): SessionWriter {
  return new Writer(deps);
}

class Writer implements SessionWriter {
  readonly #deps: WriterDeps;
  #queue: Item[] = [];
  #waiting = 0;
  #appended = 0;
  #running: Promise<void> | undefined;
  #fenced: AppError | undefined;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  append(event: NewEvent): void {
    const encoded = encodeEvent(event);
    this.#waiting += encoded.json.length;
    this.#appended += encoded.json.length;
    this.#push({ change: null, events: [encoded], resolve: NOTHING, reject: NOTHING });
  }

  commit({ events, ...change }: Change): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#push({ change, events: events.map(encodeEvent), resolve, reject });
    });
  }

  backlog(): number {
    return this.#waiting;
  }

  appended(): number {
    return this.#appended;
  }

  async drained(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #push(item: Item): void {
    if (this.#fenced) {
      item.reject(this.#fenced);
      return;
    }
    this.#queue.push(item);
    // On a microtask, so that events of one chunk of the agent's output share a commit.
    this.#running ??= Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    let current: Item | undefined;
    try {
      while (this.#queue.length > 0) {
        current = this.#queue.find((item) => item.change !== null);
        await this.#writeNext();
      }
    } catch (error) {
      this.#giveUp(error, current);
    }
    this.#running = undefined;
  }

  #giveUp(error: unknown, current: Item | undefined): void {
    const { sessionId, logger, onFenced } = this.#deps;
    this.#fenced = isAppError(error, 'fenced') ? error : lostSession();
    if (!isAppError(error, 'fenced')) {
      logger.error({ sessionId, err: error }, 'session given up: its log cannot be written');
    }
    current?.reject(error);
    for (const item of this.#queue) item.reject(this.#fenced);
    this.#queue = [];
    this.#waiting = 0;
    onFenced();
  }

  async #writeNext(): Promise<void> {
    const { before, change } = this.#take();
    for (const event of before) this.#waiting -= event.json.length;
    const events = change ? [...before, ...change.events] : before;
    let result = await this.#commitOnce(change?.change ?? null, events);
    if (!result.ok && result.reason !== 'fenced' && change && before.length > 0) {
      // The change was refused, not the events before it.
      this.#publish(await this.#commitOnce(null, before));
      result = await this.#commitOnce(change.change, change.events);
    }
    if (!result.ok && result.reason === 'fenced') throw lostSession();
    this.#publish(result);
    change?.resolve(result);
  }

  /** Takes events up to and with the next change of state. */
  #take(): { before: EventToAppend[]; change: Item | undefined } {
    const at = this.#queue.findIndex((item) => item.change !== null);
    const end = at < 0 ? this.#queue.length : at;
    const before = this.#queue.slice(0, end).flatMap((item) => item.events);
    const change = this.#queue[end];
    this.#queue = this.#queue.slice(end + 1);
    return { before, change };
  }

  async #commitOnce(
    change: Item['change'],
    events: readonly EventToAppend[],
  ): Promise<CommitResult> {
    const { sessionId, epoch, store, clock, logger } = this.#deps;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await store.commit({ ...change, sessionId, epoch, events, at: clock.now() });
      } catch (error) {
        if (!isAppError(error, 'unavailable')) throw error;
        logger.error({ sessionId, err: error, attempt }, 'session not written, will retry');
        await sleep(clock, RETRIES[Math.min(attempt, RETRIES.length - 1)] ?? 0);
      }
    }
  }

  #publish(result: CommitResult): void {
    if (!result.ok || result.events.length === 0) return;
    this.#deps.hub.published(result.events);
    this.#deps.wakeBus.publish('session', this.#deps.sessionId);
  }
}

function lostSession(): AppError {
  return new AppError('fenced', 'This session is run by another server now.');
}
