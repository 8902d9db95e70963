/**
 * One turn: from `prompt.started` to `turn.ended`, which is logged exactly once, after every update
 * of the turn. A turn ends by the agent's answer, by its death, or by ours: stop (with a deadline,
 * then the processes are ended), silence, shutdown.
 */
import type { Actor } from '../model/actor.ts';
import { SYSTEM_ACTOR } from '../model/actor.ts';
import type { ContentBlock } from '../model/content.ts';
import { isAppError } from '../model/errors.ts';
import type { Prompt, PromptState, Session } from '../model/session.ts';
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
}

export const TURN_LIMITS: TurnLimits = { cancelDeadlineMs: 10_000, silenceMs: 15 * 60_000 };

export interface Turn {
  readonly prompt: Prompt;
  /** Resolves when turn.ended is stored, or the session was lost to another owner. */
  readonly ended: Promise<void>;
  /** Somebody wants it to stop. Idempotent. */
  cancel(by: Actor): void;
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
  /** The content, with the session's history before it when the agent knows nothing of it. */
  readonly content: (fresh: boolean) => Promise<readonly ContentBlock[]>;
}

export function startTurn(deps: TurnDeps): Turn {
  const { clock, link, desk, prompt } = deps;
  const abort = new AbortController();
  const timers = new Set<() => void>();
  let why: 'cancel' | 'interrupt' | 'silence' | undefined;
  let lastProgress = clock.now();

  function later(ms: number, fn: () => void): void {
    const forget = clock.after(ms, () => {
      timers.delete(forget);
      fn();
    });
    timers.add(forget);
  }

  function end(reason: 'cancel' | 'interrupt' | 'silence', by: Actor): void {
    if (why === 'interrupt' || (why && reason !== 'interrupt')) return;
    why = reason;
    abort.abort();
    desk.cancelAll(by).catch((error: unknown) => {
      deps.logger.warn({ promptId: prompt.id, err: error }, 'pending permissions not cancelled');
    });
    if (reason === 'interrupt') {
      void link.close();
      return;
    }
    link.live()?.cancel();
    later(deps.limits.cancelDeadlineMs, () => void link.close());
  }

  function watchSilence(): void {
    const left = lastProgress + deps.limits.silenceMs - clock.now();
    if (left <= 0 && desk.pending() === 0) end('silence', SYSTEM_ACTOR);
    else later(Math.max(left, 1000), watchSilence);
  }

  async function run(): Promise<Outcome> {
    try {
      const { connection, fresh } = await link.ensure(deps.session, abort.signal);
      if (why) return stopped();
      const content = await deps.content(fresh);
      if (why) return stopped();
      lastProgress = clock.now();
      const { stopReason, usage } = await connection.prompt(content);
      if (why === 'silence') return stopped();
      return { state: 'done', stopReason, ...(usage ? { usage } : {}) };
    } catch (error) {
      if (why) return stopped();
      deps.logger.warn({ promptId: prompt.id, err: error }, 'turn failed');
      const message = isAppError(error)
        ? error.message
        : 'Something broke on our side; the log has it.';
      return { state: 'failed', stopReason: 'failed', error: message };
    }
  }

  function stopped(): Outcome {
    if (why === 'interrupt') {
      const error = 'The server was stopped during this turn.';
      return { state: 'interrupted', stopReason: 'interrupted', error };
    }
    if (why === 'silence') {
      const minutes = Math.round(deps.limits.silenceMs / 60_000);
      const error = `The agent gave no sign of life for ${minutes} min and was stopped.`;
      return { state: 'failed', stopReason: 'failed', error };
    }
    return { state: 'done', stopReason: 'cancelled' };
  }

  async function finish(outcome: Outcome): Promise<void> {
    for (const forget of timers) forget();
    deps.flush();
    if (desk.pending() > 0) await desk.cancelAll(SYSTEM_ACTOR);
    await deps.writer.commit({
      prompts: [{ id: prompt.id, from: ['running'], ...ending(outcome, clock.now()) }],
      events: [
        {
          type: 'turn.ended',
          data: {
            promptId: prompt.id,
            stopReason: outcome.stopReason,
            ...(outcome.usage ? { usage: { ...outcome.usage } } : {}),
            ...(outcome.error === undefined ? {} : { error: outcome.error }),
          },
        },
      ],
    });
  }

  watchSilence();
  const ended = run()
    .then(finish)
    .catch((error: unknown) => {
      deps.logger.warn({ promptId: prompt.id, err: error }, 'end of turn not stored');
    });
  return {
    prompt,
    ended,
    cancel: (by) => end('cancel', by),
    interrupt: () => end('interrupt', SYSTEM_ACTOR),
    progress() {
      lastProgress = clock.now();
    },
  };
}

function ending(outcome: Outcome, endedAt: number) {
  return {
    state: outcome.state,
    stopReason: outcome.stopReason,
    error: outcome.error ?? null,
    endedAt,
  };
}
