/** What the decision log keeps (security.md, rule 14). */
import type { Actor } from './actor.ts';
import type { PromptId, SessionId } from './ids.ts';

/** One decision: a permission answered, a verb refused. Append-only. */
export interface Decision {
  readonly at: number;
  readonly actor: Actor;
  readonly verb: string;
  readonly outcome: 'allowed' | 'refused';
  readonly reason: string;
  readonly sessionId: SessionId | null;
  readonly promptId: PromptId | null;
  /** SHA-256 (hex) and text of what was decided on; null when there is no text. */
  readonly subjectHash: string | null;
  readonly subject: string | null;
}
