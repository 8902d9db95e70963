/**
 * The gate in front of every service method: one call of `authorize`, refusals logged and thrown.
 */
import { createHash } from 'node:crypto';
import { authorize } from '../access/authorize.ts';
import type { AccessFacts } from '../access/authorize.ts';
import type { Caller } from '../model/actor.ts';
import type { Decision } from '../model/decision.ts';
import { AppError } from '../model/errors.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import type { Verb } from '../model/verbs.ts';
import type { Clock } from '../ports/clock.ts';
import type { DecisionLog } from '../ports/stores.ts';

export interface Guard {
  /** Throws AppError `forbidden`, after the refusal is in the decision log. */
  check(verb: Verb, caller: Caller, about?: About, facts?: AccessFacts): Promise<void>;
  /** What somebody decided, for the commit that carries it out. */
  decision(verb: Verb, caller: Caller, reason: string, about: About): Decision;
}

export interface About {
  readonly sessionId?: SessionId;
  readonly promptId?: PromptId | null;
  /** What was decided on, as text. */
  readonly subject?: string;
}

export function createGuard(deps: {
  readonly decisions: DecisionLog;
  readonly clock: Clock;
}): Guard {
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
      if (decision.allow) return;
      await deps.decisions.append(entry('refused', verb, caller, decision.reason, about));
      throw new AppError('forbidden', decision.reason, { details: { role: decision.role } });
    },
    decision: (verb, caller, reason, about) => entry('allowed', verb, caller, reason, about),
  };
}
