/**
 * The worker of one session, run by its owner. Level-triggered: `look` reads the rows and makes the
 * world match them, and can be called at any time, any number of times.
 *
 * Invariant: a prompt in state `running` has a live turn here, or it is logged as interrupted.
 */
import { createCoalescer, type Coalescer } from '../events/coalesce.ts';
import type { ContentBlock } from '../model/content.ts';
import { isAppError } from '../model/errors.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import type { PermissionRequest } from '../model/permission.ts';
import type { Prompt, Session, Usage } from '../model/session.ts';
import type { AgentPermissionRequest, PermissionAnswer, RawUpdate } from '../ports/agent.ts';
import type { AgentExit } from '../ports/runtime.ts';
import { usageOf } from '../transcript/updates.ts';
import { createAgentLink } from './agent-link.ts';
import type { AgentLink } from './agent-link.ts';
import { historyBlock } from './history.ts';
import { createPermissionDesk } from './permission-desk.ts';
import type { PermissionDesk } from './permission-desk.ts';
import { cancelLeftPermissions, failStart, interruptPrompt, setIdle, windUp } from './recovery.ts';
import { enterReadOnly } from './read-only.ts';
import { createKnownToolCalls } from './tool-calls.ts';
import { startTurn, type Turn } from './turn.ts';
import type { WorkerDeps } from './worker-deps.ts';
import { createSessionWriter, type SessionWriter } from './writer.ts';

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
/** Until the rows are looked at again after that failed. */
const RETRY_MS = 1000;

export function createSessionWorker(
  deps: WorkerDeps,
  sessionId: SessionId,
  epoch: number,
  onGone: () => void,
): SessionWorker {
  return new Worker(deps, sessionId, epoch, onGone);
}

class Worker implements SessionWorker {
  readonly link: AgentLink;
  readonly #deps: WorkerDeps;
  readonly #id: SessionId;
  readonly #onGone: () => void;
  readonly #writer: SessionWriter;
  readonly #coalescer: Coalescer;
  readonly #desk: PermissionDesk;
  readonly #known = createKnownToolCalls();
  #turn: Turn | undefined;
  #lastPromptId: PromptId | undefined;
  /** As reported last; stored with the end of a turn. */
  #usage: Usage | undefined;
  #tainted = true;
  #stopped = false;
  #looking = false;
  #again = false;
  #cancelSleep = (): void => {};

  constructor(deps: WorkerDeps, sessionId: SessionId, epoch: number, onGone: () => void) {
    this.#deps = deps;
    this.#id = sessionId;
    this.#onGone = onGone;
    const { clock, store, decide } = deps;
    const onFenced = (): void => void this.#abandon();
    this.#writer = createSessionWriter({ ...deps, sessionId, epoch, onFenced });
    this.#coalescer = createCoalescer({
      clock,
      holdBack: deps.holdBack,
      emit: (event) => this.#writer.append(event),
    });
    this.#desk = createPermissionDesk({
      sessionId,
      epoch,
      store,
      writer: this.#writer,
      clock,
      decide,
      knownToolCall: this.#known.get,
      workspace: () => this.link.workspace(),
      isReadOnly: () => this.#turn?.prompt.readOnly === true,
      isTainted: () => this.#tainted,
      expiryMs: deps.permissionExpiryMs,
    });
    this.link = createAgentLink({
      ...deps,
      writer: this.#writer,
      handlers: {
        update: (update, replay) => this.#update(update, replay),
        permission: (request) => this.#permission(request),
        log: (level, message) => this.#log(level, message),
      },
      onExit: (exit) => this.#onExit(exit),
    });
  }

  wake(): void {
    this.#again = true;
    if (!this.#looking && !this.#stopped) void this.#run();
  }

  answered(request: PermissionRequest): void {
    this.#desk.answered(request);
  }

  remoteChange(): void {
    this.wake();
    if (this.#desk.pending() === 0) return;
    this.#desk.settle().catch((error: unknown) => {
      this.#deps.logger.warn({ sessionId: this.#id, err: error }, 'answers not read, will retry');
      this.#deps.clock.after(RETRY_MS, () => this.remoteChange());
    });
  }

  resting(): boolean {
    const busy = this.#turn || this.#looking || this.#again;
    return !busy && !this.link.live() && !this.link.starting();
  }

  async stop(): Promise<void> {
    this.#turn?.interrupt();
    await this.#turn?.ended;
    this.#stopped = true;
    this.#cancelSleep();
    await this.link.close();
    this.#coalescer.flush();
    await this.#writer.drained();
  }

  #update(update: RawUpdate, replay: boolean): void {
    // What the agent repeats on session/load stands in the log already.
    if (replay || this.#stopped) return;
    this.#known.see(update);
    if (update.sessionUpdate === 'usage_update') this.#usage = usageOf(update);
    this.#turn?.progress();
    this.#coalescer.push(update, this.#turn?.prompt.id ?? this.#lastPromptId);
    if (this.#writer.backlog() > BACKLOG_LIMIT) void this.link.close();
  }

  #permission(request: AgentPermissionRequest): Promise<PermissionAnswer> {
    this.#coalescer.flush();
    return this.#desk.request(this.#turn?.prompt.id ?? null, request);
  }

  #log(level: 'info' | 'warn', message: string): void {
    this.#writer.append({ type: 'log', data: { level, message } });
  }

  #onExit(exit: AgentExit): void {
    const how = exit.signal ? `signal ${exit.signal}` : `code ${exit.code ?? 'unknown'}`;
    this.#log('warn', `The agent exited (${how}). It is started again when it is needed.`);
    this.wake();
  }

  /** Somebody else owns the session: stop without writing. */
  async #abandon(): Promise<void> {
    this.#stopped = true;
    this.#turn?.interrupt();
    this.#onGone();
    await this.link.close();
  }

  async #run(): Promise<void> {
    this.#looking = true;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#look();
      }
    } catch (error) {
      const { logger, clock } = this.#deps;
      logger.error({ sessionId: this.#id, err: error }, 'session not looked after, will retry');
      if (!this.#stopped) clock.after(RETRY_MS, () => this.wake());
    }
    this.#looking = false;
  }

  async #look(): Promise<void> {
    const { store, clock } = this.#deps;
    const session = await store.session(this.#id);
    if (!session || this.#stopped) return;
    this.#tainted = session.tainted;
    const open = await store.prompts(this.#id, ['running', 'queued']);
    const running = open.find((prompt) => prompt.state === 'running');
    const waiting = open.filter((prompt) => prompt.state === 'queued');
    if (this.#turn) {
      const stop = session.state === 'ending' || running?.cancelRequested;
      if (stop) this.#turn.cancel();
      return;
    }
    if (running) await interruptPrompt(this.#writer, running, clock.now());
    if (this.#desk.pending() === 0) await this.#cancelLeft();
    if (session.state === 'ending') await this.#windUp(waiting);
    else if (session.state !== 'ended') await this.#goOn(session, waiting[0]);
  }

  async #goOn(session: Session, next: Prompt | undefined): Promise<void> {
    const { link } = this;
    if (next && !session.queuePaused) await this.#begin(session, next);
    else if (session.state === 'new') await this.#startEarly(session);
    else if (session.state === 'running') await this.#idle();
    else if (session.state === 'starting' && !link.starting()) await this.#idle();
  }

  async #idle(): Promise<void> {
    await setIdle(this.#writer);
    this.#cancelSleep();
    this.#cancelSleep = this.#deps.clock.after(this.#deps.limits.sleepMs, () => this.#sleep());
  }

  /** An idle agent costs memory and nothing else: it is started again when it is needed. */
  #sleep(): void {
    if (this.#turn || this.#looking || !this.link.live()) return;
    this.#log('info', 'The agent was idle and was put to sleep. The next prompt wakes it.');
    void this.link.close();
  }

  async #begin(session: Session, prompt: Prompt): Promise<void> {
    this.#cancelSleep();
    this.#known.clear();
    const stored = await this.#writer.commit({
      sessionIn: ['new', 'starting', 'idle', 'running', 'failed'],
      session: { state: 'running', stateReason: null },
      prompts: [
        { id: prompt.id, from: ['queued'], state: 'running', startedAt: this.#deps.clock.now() },
      ],
      events: [{ type: 'prompt.started', data: { promptId: prompt.id } }],
    });
    if (!stored.ok || this.#stopped) return;
    this.#lastPromptId = prompt.id;
    const turn = startTurn({
      ...this.#deps,
      session,
      prompt,
      writer: this.#writer,
      link: this.link,
      desk: this.#desk,
      flush: this.#coalescer.flush,
      content: () => this.#content(prompt),
      usage: () => this.#usage,
      restrict: async (connection) =>
        enterReadOnly(connection, (await this.#deps.store.session(this.#id))?.report ?? null),
    });
    this.#turn = turn;
    void turn.ended.then(() => {
      if (this.#turn === turn) this.#turn = undefined;
      this.wake();
    });
  }

  async #content(prompt: Prompt): Promise<readonly ContentBlock[]> {
    if (!this.link.takeFresh()) return prompt.content;
    const history = await historyBlock(this.#deps.store, this.#id, prompt.id);
    return history ? [history, ...prompt.content] : prompt.content;
  }

  /** Starts the agent of a new session before anybody asks it something. */
  async #startEarly(session: Session): Promise<void> {
    await this.#writer.commit({ sessionIn: ['new'], session: { state: 'starting' }, events: [] });
    this.link.ensure(session, new AbortController().signal).then(
      () => this.wake(),
      (error: unknown) => this.#startFailed(error),
    );
  }

  #startFailed(error: unknown): void {
    if (this.#stopped) return;
    this.#deps.logger.warn({ sessionId: this.#id, err: error }, 'agent not started');
    const message = isAppError(error) ? error.message : 'The agent could not be started.';
    const wake = (): void => this.wake();
    failStart(this.#writer, message, isAppError(error) ? error.code : 'internal').then(wake, wake);
  }

  #cancelLeft(): Promise<void> {
    const left = { ...this.#deps, writer: this.#writer, sessionId: this.#id };
    return cancelLeftPermissions({ ...left, now: left.clock.now(), reason: 'restarted' });
  }

  async #windUp(waiting: readonly Prompt[]): Promise<void> {
    await this.link.close();
    await windUp(this.#writer, waiting, this.#deps.clock.now());
  }
}
