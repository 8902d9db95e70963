/** Permission requests: what an agent asks, what it offers, how it was answered. */
import type { Actor } from './actor.ts';
import type { PromptId, RequestId, SessionId } from './ids.ts';

/** ACP kinds are a hint for buttons; the answer is always the optionId as offered. */
export interface PermissionOption {
  readonly optionId: string;
  readonly name: string;
  /** `allow_once allow_always reject_once reject_always`, or a kind that we do not know. */
  readonly kind: string;
}

/** pending -> answered | cancelled | expired. `cancelled`: the turn was stopped or its agent died. */
export type PermissionState = 'pending' | 'answered' | 'cancelled' | 'expired';

export interface PermissionRequest {
  readonly id: RequestId;
  readonly sessionId: SessionId;
  readonly promptId: PromptId | null;
  /** Short code that people type (`k7`): unique among the pending ones of the session. */
  readonly code: string;
  readonly toolCallId: string;
  /** The raw ACP tool call merged with what was known of it when it was asked. */
  readonly toolCall: Readonly<Record<string, unknown>>;
  readonly title: string;
  readonly kind: string | null;
  readonly options: readonly PermissionOption[];
  readonly state: PermissionState;
  readonly optionId: string | null;
  readonly answeredBy: Actor | null;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly resolvedAt: number | null;
}

/**
 * Why a request was closed unanswered: its turn was stopped or has ended, its agent's process is
 * gone, the server was stopped or started again and with it the agent, or somebody withdrew it.
 */
export const CLOSED_REASONS = [
  'stopped',
  'turn_ended',
  'agent_gone',
  'restarted',
  'withdrawn',
] as const;
export type ClosedReason = (typeof CLOSED_REASONS)[number];

/** Default life of a pending request; it is rejected afterwards (chat.md §4). */
export const PERMISSION_EXPIRY_MS = 30 * 60_000;

/** The offered option that says yes or no, by its kind: once before always. */
export function optionFor(
  options: readonly PermissionOption[],
  wish: 'allow' | 'reject',
): PermissionOption | undefined {
  return (
    options.find((option) => option.kind === `${wish}_once`) ??
    options.find((option) => option.kind.startsWith(wish))
  );
}
