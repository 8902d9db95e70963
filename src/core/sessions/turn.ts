/**
 * One turn: from `prompt.started` to `turn.ended`, which is logged exactly once, after every update
 * of the turn. A turn ends by the agent's answer, by its death, or by ours: stop (with a deadline,
 * then the processes are ended), silence, shutdown.
 */
import type { ContentBlock } from '../model/content.ts';
import { isAppError } from '../model/errors.ts';
import type { Prompt, PromptState, Session, Usage } from '../model/session.ts';
import type { AgentConnection } from '../ports/agent.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { AgentLink } from './agent-link.ts';
import type { PermissionDesk } from './permission-desk.ts';
import type { SessionWriter } from './writer.ts';

export interface TurnLimits {
  /** From session/cancel until the agent's processes are ended. */
  readonly cancelDeadlineMs: number;
  /** Without any update, and nobody being asked: the turn is stopped as failed. */
  readonly silenceMs: number;
  /** Characters that a turn may add to the log; past them it is stopped as failed. */
  readonly outputChars: number;
  /** After the last turn: the agent's process is ended until the next prompt. */
  readonly sleepMs: number;
}

export const TURN_LIMITS: TurnLimits = {
  cancelDeadlineMs: 10_000,
  silenceMs: 15 * 60_000,
  outputChars: 256 * 1024 * 1024,
  sleepMs: 30 * 60_000,
};

export interface Turn {
  readonly prompt: Prompt;
  /** Resolves when turn.ended is stored, or the session was lost to another owner. */
  readonly ended: Promise<void>;
  /** Somebody wants it to stop. Idempotent. */
  cancel(): void;
  /** The server goes down: the turn is logged as interrupted. */
  interrupt(): void;
  /** The agent said something. */
  progress(): void;
}

interface Outcome {
  readonly state: Extract<PromptState, 'done' | 'failed' | 'interrupted'>;
  readonly stopReason: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

export interface TurnDeps {
  readonly session: Session;
  readonly prompt: Prompt;
  readonly writer: SessionWriter;
  readonly link: AgentLink;
  readonly desk: PermissionDesk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TurnLimits;
  /** Sends coalesced text that waits. */
  readonly flush: () => void;
  /** For a read-only turn: restricts the agent, and gives what takes it back. */
  readonly restrict: (connection: AgentConnection) => Promise<() => Promise<void>>;
  /** The content, with the session's history before it when the agent knows nothing of it. */
  readonly content: () => Promise<readonly ContentBlock[]>;
  /** What the agent reported last of the session's tokens and cost. */
  readonly usage: () => Usage | undefined;
}

/** An agent that did not hear cancel for that long will hardly hear SIGTERM: people wait. */
const DEAF_GRACE_MS = 1_000;
/** How often it is looked whether a person is still asked. */
const ASKING_LOOK_MS = 30_000;

type Why = 'cancel' | 'interrupt' | 'silence' | 'flood';

export function startTurn(deps: TurnDeps): Turn {
  return new RunningTurn(deps);
}

class RunningTurn implements Turn {
  readonly prompt: Prompt;
  readonly ended: Promise<void>;
  readonly #deps: TurnDeps;
  readonly #abort = new AbortController();
  readonly #timers = new Set<() => void>();
  /** Why we end it; undefined while only the agent may. */
  #why: Why | undefined;
  #lastProgress: number;
  readonly #appendedBefore: number;

  constructor(deps: TurnDeps) {
    this.#deps = deps;
    this.prompt = deps.prompt;
    this.#lastProgress = deps.clock.now();
    this.#appendedBefore = deps.writer.appended();
    this.#watchSilence();
    this.ended = this.#run()
      .then((outcome) => this.#finish(outcome))
      .catch((error: unknown) => {
        deps.logger.warn({ promptId: deps.prompt.id, err: error }, 'end of turn not stored');
      });
  }

  cancel(): void {
    this.#end('cancel');
  }

  interrupt(): void {
    this.#end('interrupt');
  }

  progress(): void {
    const { clock, writer, limits } = this.#deps;
    this.#lastProgress = clock.now();
    if (writer.appended() - this.#appendedBefore > limits.outputChars) {
      this.#end('flood');
    }
  }

  #end(why: Why): void {
    if (this.#why === 'interrupt' || (this.#why && why !== 'interrupt')) return;
    const { link, desk, logger, limits, writer } = this.#deps;
    this.#why = why;
    this.#abort.abort();
    if (why !== 'interrupt') {
      writer.append({ type: 'turn.stopping', data: { promptId: this.prompt.id } });
    }
    desk.cancelAll(why === 'interrupt' ? 'restarted' : 'stopped').catch((error: unknown) => {
      logger.warn({ promptId: this.prompt.id, err: error }, 'pending permissions not cancelled');
    });
    if (why === 'interrupt') {
      void link.close();
      return;
    }
    link.live()?.cancel();
    this.#later(limits.cancelDeadlineMs, () => void link.close({ graceMs: DEAF_GRACE_MS }));
  }

  async #run(): Promise<Outcome> {
    const { link, session, prompt, logger } = this.#deps;
    try {
      const connection = await link.ensure(session, this.#abort.signal);
      if (this.#why) return this.#stopped(this.#why);
      const content = await this.#deps.content();
      if (this.#why) return this.#stopped(this.#why);
      this.progress();
      const { stopReason, usage } = await this.#ask(connection, content);
      if (this.#why === 'silence' || this.#why === 'flood') return this.#stopped(this.#why);
      return { state: 'done', stopReason, ...(usage ? { usage } : {}) };
    } catch (error) {
      if (this.#why) return this.#stopped(this.#why);
      logger.warn({ promptId: prompt.id, err: error }, 'turn failed');
      const unknown = 'Something broke on our side; the log has it.';
      const message = isAppError(error) ? error.message : unknown;
      return { state: 'failed', stopReason: 'failed', error: message };
    }
  }

  async #ask(connection: AgentConnection, content: readonly ContentBlock[]) {
    if (!this.prompt.readOnly) return connection.prompt(content);
    const takeBack = await this.#deps.restrict(connection);
    try {
      return await connection.prompt(content);
    } finally {
      await takeBack().catch((error: unknown) => {
        // It stays restricted then, and `mode` sets it.
        this.#deps.logger.warn({ promptId: this.prompt.id, err: error }, 'mode not taken back');
      });
    }
  }

  #stopped(why: Why): Outcome {
    if (why === 'interrupt') {
      const error = 'The server was stopped during this turn.';
      return { state: 'interrupted', stopReason: 'interrupted', error };
    }
    if (why === 'silence') {
      const minutes = Math.round(this.#deps.limits.silenceMs / 60_000);
      const error = `The agent gave no sign of life for ${minutes} min and was stopped.`;
      return { state: 'failed', stopReason: 'failed', error };
    }
    if (why === 'flood') {
      const mebi = Math.round(this.#deps.limits.outputChars / 1024 / 1024);
      const error = `The agent said more than ${mebi} MiB in one turn and was stopped.`;
      return { state: 'failed', stopReason: 'failed', error };
    }
    return { state: 'done', stopReason: 'cancelled' };
  }

  async #finish({ state, stopReason, usage, error }: Outcome): Promise<void> {
    const { desk, writer, clock, prompt } = this.#deps;
    for (const forget of this.#timers) forget();
    this.#deps.flush();
    if (desk.pending() > 0) {
      await desk.cancelAll(state === 'failed' ? 'agent_gone' : 'turn_ended');
    }
    const patch = { state, stopReason, error: error ?? null, endedAt: clock.now() };
    const reported = this.#deps.usage();
    await writer.commit({
      ...(reported === undefined ? {} : { session: { usage: reported } }),
      prompts: [{ id: prompt.id, from: ['running'], ...patch }],
      events: [
        {
          type: 'turn.ended',
          data: {
            promptId: prompt.id,
            stopReason,
            ...(usage ? { usage: { ...usage } } : {}),
            ...(error === undefined ? {} : { error }),
          },
        },
      ],
    });
  }

  #watchSilence(): void {
    const { clock, limits, desk } = this.#deps;
    // Who waits for a person is not silent, and has the whole time again after the answer.
    const isAsking = desk.pending() > 0;
    if (isAsking) this.progress();
    const left = this.#lastProgress + limits.silenceMs - clock.now();
    if (left <= 0) this.#end('silence');
    else this.#later(isAsking ? ASKING_LOOK_MS : Math.max(left, 1000), () => this.#watchSilence());
  }

  #later(ms: number, fn: () => void): void {
    const forget = this.#deps.clock.after(ms, () => {
      this.#timers.delete(forget);
      fn();
    });
    this.#timers.add(forget);
  }
}
