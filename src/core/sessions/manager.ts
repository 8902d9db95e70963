/**
 * Which sessions this process runs. Invariant: a worker exists only while this process holds the
 * session's lease; whoever finds a session that needs work takes its lease or leaves it to the
 * living holder. Nothing is kept for sessions that rest.
 */
import type { SessionId } from '../model/ids.ts';
import type { PermissionRequest } from '../model/permission.ts';
import { AppError } from '../model/errors.ts';
import type { Ownership } from './ownership.ts';
import { createSessionWorker } from './worker.ts';
import type { SessionWorker } from './worker.ts';
import type { WorkerDeps } from './worker-deps.ts';

export interface SessionManager {
  /** Takes over what needs work, and goes on looking for it until `stop`. */
  start(): Promise<void>;
  /** Interrupts running turns, ends agents, frees leases. */
  stop(): Promise<void>;
  /** This process changed rows of the session. */
  wake(sessionId: SessionId): void;
  /** This process changed the row of a permission request. */
  answered(request: PermissionRequest): void;
  /** Sets an option of the session's agent, started when it is not running. */
  configure(sessionId: SessionId, optionId: string, value: string): Promise<void>;
  /** Sessions that this process works on now. Constant time. */
  count(): number;
}

export interface ManagerDeps extends WorkerDeps {
  readonly ownership: Ownership;
  /** A session is being worked on here: show it where it is bound. */
  readonly onOwned: (sessionId: SessionId) => void;
  /** Somebody else works on it now. */
  readonly onLost: (sessionId: SessionId) => void;
}

const leaseKey = (sessionId: SessionId): string => `session:${sessionId}`;

export function createSessionManager(deps: ManagerDeps): SessionManager {
  return new Manager(deps);
}

class Manager implements SessionManager {
  readonly #deps: ManagerDeps;
  readonly #workers = new Map<SessionId, { worker: SessionWorker; epoch: number }>();
  readonly #adopting = new Map<SessionId, Promise<SessionWorker | undefined>>();
  readonly #leaving = new Map<SessionId, Promise<void>>();
  #stopping = false;
  #forgetWakes = (): void => {};

  constructor(deps: ManagerDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { wakeBus, ownership, logger } = this.#deps;
    this.#forgetWakes = wakeBus.subscribe('session', (id, remote) => {
      if (remote) this.#workers.get(id as SessionId)?.worker.remoteChange();
    });
    ownership.onBeat(() => {
      if (this.#stopping) return;
      this.#tidy().catch((error: unknown) =>
        logger.warn({ err: error }, 'sessions not looked after'),
      );
    });
    await this.#tidy();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#forgetWakes();
    await Promise.allSettled(this.#adopting.values());
    await Promise.all([...this.#workers.keys()].map((id) => this.#release(id)));
    await Promise.all(this.#leaving.values());
  }

  wake(sessionId: SessionId): void {
    if (this.#stopping) return;
    const present = this.#workers.get(sessionId);
    if (present) {
      present.worker.wake();
      return;
    }
    this.#adopt(sessionId).then(
      (worker) => worker?.wake(),
      (error: unknown) =>
        this.#deps.logger.error({ sessionId, err: error }, 'session not taken, will retry'),
    );
  }

  answered(request: PermissionRequest): void {
    this.#workers.get(request.sessionId)?.worker.answered(request);
  }

  async configure(sessionId: SessionId, optionId: string, value: string): Promise<void> {
    const worker = await this.#adopt(sessionId);
    const session = await this.#deps.store.session(sessionId);
    if (!worker || !session) {
      throw new AppError(
        'unavailable',
        'Another server runs this session right now. Please send this to that one, or try again later.',
      );
    }
    const connection = await worker.link.ensure(session, new AbortController().signal);
    await connection.setConfig(optionId, value);
  }

  count(): number {
    return this.#workers.size;
  }

  #adopt(sessionId: SessionId): Promise<SessionWorker | undefined> {
    const present = this.#workers.get(sessionId);
    if (present) return Promise.resolve(present.worker);
    const running = this.#adopting.get(sessionId);
    if (running) return running;
    const started = this.#take(sessionId).finally(() => this.#adopting.delete(sessionId));
    this.#adopting.set(sessionId, started);
    return started;
  }

  async #take(sessionId: SessionId): Promise<SessionWorker | undefined> {
    const { ownership, store, runtimes } = this.#deps;
    await this.#leaving.get(sessionId);
    const epoch = await ownership.acquire(leaseKey(sessionId));
    if (epoch === undefined || this.#stopping) return undefined;
    const session = await store.session(sessionId);
    if (!session) {
      await ownership.release(leaseKey(sessionId), epoch);
      return undefined;
    }
    if (session.state !== 'new') await runtimes.get(session.runtime.provider)?.reap(sessionId);
    const worker = createSessionWorker(this.#deps, sessionId, epoch, () => {
      this.#workers.delete(sessionId);
      this.#deps.onLost(sessionId);
    });
    this.#workers.set(sessionId, { worker, epoch });
    this.#deps.onOwned(sessionId);
    return worker;
  }

  async #release(sessionId: SessionId): Promise<void> {
    const owned = this.#workers.get(sessionId);
    if (!owned) return;
    this.#workers.delete(sessionId);
    await owned.worker.stop();
    await this.#deps.ownership.release(leaseKey(sessionId), owned.epoch);
  }

  #leave(sessionId: SessionId): void {
    const left = this.#release(sessionId)
      .catch((error: unknown) =>
        this.#deps.logger.warn({ sessionId, err: error }, 'lease not freed'),
      )
      .finally(() => this.#leaving.delete(sessionId));
    this.#leaving.set(sessionId, left);
  }

  /** Takes sessions whose owner is gone, lets go of those that rest. */
  async #tidy(): Promise<void> {
    for (const [sessionId, { worker }] of this.#workers) {
      if (worker.resting()) this.#leave(sessionId);
    }
    for (const sessionId of await this.#deps.store.openSessions()) {
      if (!this.#workers.has(sessionId)) this.wake(sessionId);
    }
  }
}
