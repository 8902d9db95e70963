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
import type { SessionWorker, WorkerDeps } from './worker.ts';

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
}

const leaseKey = (sessionId: SessionId): string => `session:${sessionId}`;

export function createSessionManager(deps: ManagerDeps): SessionManager {
  const { ownership, store, logger } = deps;
  const workers = new Map<SessionId, { worker: SessionWorker; epoch: number }>();
  const adopting = new Map<SessionId, Promise<SessionWorker | undefined>>();
  const leaving = new Map<SessionId, Promise<void>>();
  let stopping = false;
  let forgetWakes = (): void => {};

  async function take(sessionId: SessionId): Promise<SessionWorker | undefined> {
    await leaving.get(sessionId);
    const epoch = await ownership.acquire(leaseKey(sessionId));
    if (epoch === undefined || stopping) return undefined;
    const session = await store.session(sessionId);
    if (!session) {
      await ownership.release(leaseKey(sessionId), epoch);
      return undefined;
    }
    if (session.state !== 'new') await deps.runtimes.get(session.runtime.provider)?.reap(sessionId);
    const worker = createSessionWorker(deps, sessionId, epoch, () => workers.delete(sessionId));
    workers.set(sessionId, { worker, epoch });
    deps.onOwned(sessionId);
    return worker;
  }

  function adopt(sessionId: SessionId): Promise<SessionWorker | undefined> {
    const present = workers.get(sessionId);
    if (present) return Promise.resolve(present.worker);
    const running = adopting.get(sessionId);
    if (running) return running;
    const started = take(sessionId).finally(() => adopting.delete(sessionId));
    adopting.set(sessionId, started);
    return started;
  }

  function wake(sessionId: SessionId): void {
    if (stopping) return;
    const present = workers.get(sessionId);
    if (present) {
      present.worker.wake();
      return;
    }
    adopt(sessionId).then(
      (worker) => worker?.wake(),
      (error: unknown) => logger.error({ sessionId, err: error }, 'session not taken, will retry'),
    );
  }

  async function release(sessionId: SessionId): Promise<void> {
    const owned = workers.get(sessionId);
    if (!owned) return;
    workers.delete(sessionId);
    await owned.worker.stop();
    await ownership.release(leaseKey(sessionId), owned.epoch);
  }

  function leave(sessionId: SessionId): void {
    const left = release(sessionId)
      .catch((error: unknown) => logger.warn({ sessionId, err: error }, 'lease not freed'))
      .finally(() => leaving.delete(sessionId));
    leaving.set(sessionId, left);
  }

  /** Takes sessions whose owner is gone, lets go of those that rest. */
  async function tidy(): Promise<void> {
    for (const [sessionId, { worker }] of workers) if (worker.resting()) leave(sessionId);
    for (const sessionId of await store.openSessions()) {
      if (!workers.has(sessionId)) wake(sessionId);
    }
  }

  return {
    async start() {
      forgetWakes = deps.wakeBus.subscribe('session', (id, remote) => {
        if (remote) workers.get(id as SessionId)?.worker.remoteChange();
      });
      ownership.onBeat(() => {
        if (stopping) return;
        tidy().catch((error: unknown) => logger.warn({ err: error }, 'sessions not looked after'));
      });
      await tidy();
    },
    async stop() {
      stopping = true;
      forgetWakes();
      await Promise.all(adopting.values());
      await Promise.all([...workers.keys()].map(release));
      await Promise.all(leaving.values());
    },
    wake,
    answered(request) {
      workers.get(request.sessionId)?.worker.answered(request);
    },
    async configure(sessionId, optionId, value) {
      const worker = await adopt(sessionId);
      const session = await store.session(sessionId);
      if (!worker || !session) {
        throw new AppError(
          'unavailable',
          'Another server runs this session right now. Please send this to that one, or try again later.',
        );
      }
      const { connection } = await worker.link.ensure(session, new AbortController().signal);
      await connection.setConfig(optionId, value);
    },
    count: () => workers.size,
  };
}
