/**
 * The worker of one session, run by its owner. Level-triggered: `look` reads the rows and makes the
 * world match them, and can be called at any time, any number of times.
 *
 * Invariant: a prompt in state `running` has a live turn here, or it is logged as interrupted.
 */
import { createCoalescer } from '../events/coalesce.ts';
import type { EventHub } from '../events/hub.ts';
import { SYSTEM_ACTOR } from '../model/actor.ts';
import { isAppError } from '../model/errors.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import type { PermissionRequest } from '../model/permission.ts';
import type { Prompt, Session } from '../model/session.ts';
import type { AgentConnector, RawUpdate } from '../ports/agent.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { AgentExit, Runtime } from '../ports/runtime.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { WakeBus } from '../ports/wake-bus.ts';
import { createAgentLink } from './agent-link.ts';
import type { AgentLink } from './agent-link.ts';
import { historyBlock } from './history.ts';
import { createPermissionDesk } from './permission-desk.ts';
import type { DecidePermission, PermissionDesk } from './permission-desk.ts';
import { cancelLeftPermissions, failStart, interruptPrompt, setIdle, windUp } from './recovery.ts';
import { createKnownToolCalls } from './tool-calls.ts';
import { startTurn } from './turn.ts';
import type { Turn, TurnLimits } from './turn.ts';
import { createSessionWriter } from './writer.ts';
import type { SessionWriter } from './writer.ts';

export interface WorkerDeps {
  readonly store: SessionStore;
  readonly hub: EventHub;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runtimes: ReadonlyMap<string, Runtime>;
  readonly connector: AgentConnector;
  readonly environment: (names: readonly string[]) => Readonly<Record<string, string>>;
  readonly decide: DecidePermission;
  readonly limits: TurnLimits;
  readonly permissionExpiryMs?: number | undefined;
}

export interface SessionWorker {
  /** Look at the rows (again), soon. */
  wake(): void;
  /** A permission request's row was changed by this process. */
  answered(request: PermissionRequest): void;
  /** The rows may have been changed by another replica. */
  remoteChange(): void;
  /** The agent's connection, started when there is none; for config options. */
  link: AgentLink;
  /** Nothing to do and no agent: the owner may let it go. */
  resting(): boolean;
  /** Interrupts a running turn, ends the agent, stores what is left. */
  stop(): Promise<void>;
}

/** Characters of unstored events at which an agent is cut off: its output has nowhere to go. */
const BACKLOG_LIMIT = 64 * 1024 * 1024;

export function createSessionWorker(
  deps: WorkerDeps,
  sessionId: SessionId,
  epoch: number,
  onGone: () => void,
): SessionWorker {
  const { clock, store } = deps;
  const known = createKnownToolCalls();
  let turn: Turn | undefined;
  let lastPromptId: PromptId | undefined;
  let stopped = false;
  let looking = false;
  let again = false;

  const writer: SessionWriter = createSessionWriter({
    ...deps,
    sessionId,
    epoch,
    onFenced: () => void abandon(),
  });
  const coalescer = createCoalescer({ clock, emit: writer.append });
  const desk: PermissionDesk = createPermissionDesk({
    sessionId,
    store,
    writer,
    clock,
    decide: deps.decide,
    knownToolCall: known.get,
    ...(deps.permissionExpiryMs === undefined ? {} : { expiryMs: deps.permissionExpiryMs }),
  });
  const link = createAgentLink({ ...deps, writer, handlers: { update, permission, log }, onExit });

  function update(raw: RawUpdate, replay: boolean): void {
    // What the agent repeats on session/load stands in the log already.
    if (replay || stopped) return;
    known.see(raw);
    turn?.progress();
    coalescer.push(raw, turn?.prompt.id ?? lastPromptId);
    if (writer.backlog() > BACKLOG_LIMIT) void link.close();
  }

  function permission(request: Parameters<PermissionDesk['request']>[1]) {
    coalescer.flush();
    return desk.request(turn?.prompt.id ?? null, request);
  }

  function log(level: 'info' | 'warn', message: string): void {
    writer.append({ type: 'log', data: { level, message } });
  }

  function onExit(exit: AgentExit): void {
    const how = exit.signal ? `signal ${exit.signal}` : `code ${exit.code ?? 'unknown'}`;
    log('warn', `The agent exited (${how}). It is started again when it is needed.`);
    wake();
  }

  /** Somebody else owns the session: stop without writing. */
  async function abandon(): Promise<void> {
    stopped = true;
    turn?.interrupt();
    await link.close();
    onGone();
  }

  async function content(prompt: Prompt, fresh: boolean) {
    if (!fresh) return prompt.content;
    const history = await historyBlock(store, sessionId, prompt.id);
    return history ? [history, ...prompt.content] : prompt.content;
  }

  async function begin(session: Session, prompt: Prompt): Promise<void> {
    known.clear();
    const stored = await writer.commit({
      sessionIn: ['new', 'starting', 'idle', 'running', 'failed'],
      session: { state: 'running', stateReason: null },
      prompts: [{ id: prompt.id, from: ['queued'], state: 'running', startedAt: clock.now() }],
      events: [{ type: 'prompt.started', data: { promptId: prompt.id } }],
    });
    if (!stored.ok || stopped) return;
    lastPromptId = prompt.id;
    const started = startTurn({
      session,
      prompt,
      writer,
      link,
      desk,
      clock,
      logger: deps.logger,
      limits: deps.limits,
      flush: coalescer.flush,
      content: (fresh) => content(prompt, fresh),
    });
    turn = started;
    void started.ended.then(() => {
      if (turn === started) turn = undefined;
      wake();
    });
  }

  /** Starts the agent of a new session before anybody asks it something. */
  async function startEarly(session: Session): Promise<void> {
    await writer.commit({ sessionIn: ['new'], session: { state: 'starting' }, events: [] });
    link.ensure(session, new AbortController().signal).then(
      () => wake(),
      (error: unknown) => {
        if (stopped) return;
        const message = isAppError(error) ? error.message : 'The agent could not be started.';
        deps.logger.warn({ sessionId, err: error }, 'agent not started');
        failStart(writer, message, isAppError(error) ? error.code : 'internal').then(wake, wake);
      },
    );
  }

  async function look(): Promise<void> {
    const session = await store.session(sessionId);
    if (!session || stopped) return;
    const open = await store.prompts(sessionId, ['running', 'queued']);
    const running = open.find((prompt) => prompt.state === 'running');
    const next = open.find((prompt) => prompt.state === 'queued');
    if (turn) {
      if (session.state === 'ending' || running?.cancelRequested) turn.cancel(SYSTEM_ACTOR);
      return;
    }
    if (running) await interruptPrompt(writer, running, clock.now());
    if (desk.pending() === 0) {
      await cancelLeftPermissions({ store, writer, sessionId, now: clock.now() });
    }
    if (session.state === 'ended') return;
    if (session.state === 'ending') {
      await link.close();
      await windUp(
        writer,
        open.filter((prompt) => prompt !== running),
        clock.now(),
      );
      return;
    }
    if (next && !session.queuePaused) await begin(session, next);
    else if (session.state === 'new') await startEarly(session);
    else if (session.state === 'running') await setIdle(writer);
    else if (session.state === 'starting' && link.live()) await setIdle(writer);
    else if (session.state === 'starting' && !link.starting()) await setIdle(writer);
  }

  async function run(): Promise<void> {
    looking = true;
    try {
      while (again && !stopped) {
        again = false;
        await look();
      }
    } catch (error) {
      deps.logger.error({ sessionId, err: error }, 'session not looked after, will try again');
      if (!stopped) clock.after(1000, wake);
    }
    looking = false;
  }

  function wake(): void {
    again = true;
    if (!looking && !stopped) void run();
  }

  return {
    wake,
    answered: desk.answered,
    remoteChange() {
      wake();
      if (desk.pending() > 0) {
        desk.settle().catch((error: unknown) => {
          deps.logger.warn({ sessionId, err: error }, 'answers not read, will try again');
          clock.after(1000, wake);
        });
      }
    },
    link,
    resting: () => !turn && !looking && !again && !link.live() && !link.starting(),
    async stop() {
      turn?.interrupt();
      await turn?.ended;
      stopped = true;
      await link.close();
      coalescer.flush();
      await writer.drained();
    },
  };
}
