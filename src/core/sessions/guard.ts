/**
 * The gate in front of every service method: one call of `authorize`, refusals logged and thrown.
 * Roles of one place are none in another: a session that is shown nowhere in it is refused.
 */
import { createHash } from 'node:crypto';
import { authorize } from '../access/authorize.ts';
import type { AccessFacts } from '../access/authorize.ts';
import type { Caller, Within } from '../model/actor.ts';
import type { Decision } from '../model/decision.ts';
import { AppError } from '../model/errors.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import type { Verb } from '../model/verbs.ts';
import type { ThreadRef } from '../model/thread.ts';
import type { Clock } from '../ports/clock.ts';
import type { DecisionLog, ThreadStore } from '../ports/stores.ts';

export interface Guard {
  /** Throws AppError `forbidden`, after the refusal is in the decision log. */
  check(verb: Verb, caller: Caller, about?: About, facts?: AccessFacts): Promise<void>;
  /** Puts a refusal that was decided otherwise than by `check` into the decision log. */
  note(verb: Verb, caller: Caller, reason: string, about?: About): Promise<void>;
  /** What somebody decided, for the commit that carries it out. */
  decision(verb: Verb, caller: Caller, reason: string, about: About): Decision;
}

export interface About {
  readonly sessionId?: SessionId;
  readonly promptId?: PromptId | null;
  /** What was decided on, as text. */
  readonly subject?: string;
}

interface GuardDeps {
  readonly decisions: DecisionLog;
  readonly threads: Pick<ThreadStore, 'bindingsOfSession' | 'thread'>;
  readonly clock: Clock;
}

const ELSEWHERE = 'Sorry, this belongs to another place. Please answer it where it is shown.';

export function createGuard(deps: GuardDeps): Guard {
  function entry(
    outcome: Decision['outcome'],
    verb: Verb,
    caller: Caller,
    reason: string,
    about: About,
  ): Decision {
    const subject = about.subject ?? null;
    return {
      at: deps.clock.now(),
      actor: caller.actor,
      verb,
      outcome,
      reason,
      sessionId: about.sessionId ?? null,
      promptId: about.promptId ?? null,
      subject,
      subjectHash: subject === null ? null : createHash('sha256').update(subject).digest('hex'),
    };
  }

  return {
    async check(verb, caller, about = {}, facts = {}) {
      const decision = authorize(verb, caller, facts);
      const isHere = await isShownWithin(deps, caller.within, about.sessionId);
      if (decision.allow && isHere) return;
      const reason = decision.allow ? ELSEWHERE : decision.reason;
      const details = decision.allow ? {} : { role: decision.role };
      await deps.decisions.append(entry('refused', verb, caller, reason, about));
      throw new AppError('forbidden', reason, { details });
    },
    note: (verb, caller, reason, about = {}) =>
      deps.decisions.append(entry('refused', verb, caller, reason, about)),
    decision: (verb, caller, reason, about) => entry('allowed', verb, caller, reason, about),
  };
}

async function isShownWithin(
  { threads }: GuardDeps,
  within: Within | undefined,
  sessionId: SessionId | undefined,
): Promise<boolean> {
  if (within === undefined || sessionId === undefined) return true;
  for (const { threadId } of await threads.bindingsOfSession(sessionId)) {
    const thread = await threads.thread(threadId);
    if (thread !== undefined && isWithin(thread.ref, within)) return true;
  }
  return false;
}

function isWithin(ref: ThreadRef, { surface, account, key }: Within): boolean {
  if (ref.surface !== surface || ref.account !== account) return false;
  return ref.key === key || ref.key.startsWith(`${key}/`);
}
