/**
 * The desk where a session's agent waits for answers. Rows are the truth: an answer counts when its
 * row was changed (compare-and-set from `pending`, whoever does it), and the agent is told what the
 * row says. In memory: only whom to tell.
 */
import { SYSTEM_ACTOR } from '../model/actor.ts';
import type { NewEvent } from '../model/events.ts';
import type { PromptId, RequestId, SessionId } from '../model/ids.ts';
import { mintId } from '../model/ids.ts';
import { optionFor } from '../model/permission.ts';
import type { ClosedReason, PermissionRequest } from '../model/permission.ts';
import type { AgentPermissionRequest, PermissionAnswer } from '../ports/agent.ts';
import type { Clock } from '../ports/clock.ts';
import type { PermissionPatch, SessionStore } from '../ports/session-store.ts';
import { mintCode, ownerNumber } from './codes.ts';
import { mayAskReadOnly, READ_ONLY_RULE } from './read-only.ts';
import type { SessionWriter } from './writer.ts';

/** What the server's policy says before people are asked. */
export type PolicyDecision =
  | { readonly action: 'ask' }
  | { readonly action: 'allow' | 'deny'; readonly rule: string };

export type DecidePermission = (
  request: Pick<PermissionRequest, 'kind' | 'toolCall'> & {
    /** Absolute. */
    readonly workspace: string;
    /** The session has read what people wrote who may not start work here. */
    readonly tainted: boolean;
  },
) => PolicyDecision;

export interface PermissionDesk {
  /** Stores the request and resolves with the answer. */
  request(promptId: PromptId | null, request: AgentPermissionRequest): Promise<PermissionAnswer>;
  /** Tells the agent the answer of a row that was changed. */
  answered(request: PermissionRequest): void;
  /** Looks at the rows of all that wait (after a wake-up from another replica). */
  settle(): Promise<void>;
  /** Cancels all that wait. */
  cancelAll(reason: ClosedReason): Promise<void>;
  /** How many wait. */
  pending(): number;
}

interface Waiting {
  readonly row: PermissionRequest;
  readonly tell: (answer: PermissionAnswer) => void;
  readonly forget: () => void;
}

/** The event that tells how a request was resolved. */
export function resolvedEvent(
  row: Pick<PermissionRequest, 'id' | 'options'>,
  patch: Pick<PermissionPatch, 'state' | 'optionId' | 'answeredBy'>,
  because: { readonly rule?: string; readonly reason?: ClosedReason } = {},
): NewEvent {
  const option = row.options.find(({ optionId }) => optionId === patch.optionId);
  return {
    type: 'permission.resolved',
    data: {
      requestId: row.id,
      outcome: patch.state === 'answered' ? 'selected' : patch.state,
      ...(option
        ? { optionId: option.optionId, optionKind: option.kind, optionName: option.name }
        : {}),
      by: { ...patch.answeredBy },
      ...because,
    },
  };
}

function requestedEvent(row: PermissionRequest): NewEvent {
  return {
    type: 'permission.requested',
    data: {
      requestId: row.id,
      promptId: row.promptId,
      code: row.code,
      toolCallId: row.toolCallId,
      title: row.title,
      kind: row.kind,
      toolCall: { ...row.toolCall },
      options: row.options.map((option) => ({ ...option })),
      expiresAt: row.expiresAt,
    },
  };
}

function answerOf(row: PermissionRequest): PermissionAnswer {
  return row.optionId !== null && row.state !== 'cancelled'
    ? { outcome: 'selected', optionId: row.optionId }
    : { outcome: 'cancelled' };
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

interface DeskDeps {
  readonly sessionId: SessionId;
  /** Of the lease: who owns the session. */
  readonly epoch: number;
  readonly store: Pick<SessionStore, 'permission'>;
  readonly writer: SessionWriter;
  readonly clock: Clock;
  readonly decide: DecidePermission;
  /** The tool call as far as the agent's updates told it; {} when unknown. */
  readonly knownToolCall: (toolCallId: string) => Readonly<Record<string, unknown>>;
  /** Where the agent runs. */
  readonly workspace: () => string;
  readonly expiryMs: number;
  /** The turn that runs may change nothing. */
  readonly isReadOnly: () => boolean;
  readonly isTainted: () => boolean;
}

export function createPermissionDesk(deps: DeskDeps): PermissionDesk {
  return new Desk(deps);
}

class Desk implements PermissionDesk {
  readonly #deps: DeskDeps;
  readonly #waiting = new Map<RequestId, Waiting>();
  /** Never given twice: a late `/approve k7` must not meet another request. */
  readonly #codes = new Set<string>();

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  async request(
    promptId: PromptId | null,
    request: AgentPermissionRequest,
  ): Promise<PermissionAnswer> {
    const row = this.#newRow(promptId, request);
    const decision = this.#decide(row);
    if (decision.action !== 'ask') return this.#decided(row, decision);
    const answer = this.#wait(row);
    const stored = await this.#deps.writer.commit({
      insertPermission: row,
      events: [requestedEvent(row)],
    });
    if (!stored.ok) this.answered({ ...row, state: 'cancelled' });
    return answer;
  }

  #decide(row: PermissionRequest): PolicyDecision {
    const { decide, workspace, isReadOnly, isTainted } = this.#deps;
    if (isReadOnly() && !mayAskReadOnly(row.kind)) return { action: 'deny', rule: READ_ONLY_RULE };
    return decide({ ...row, workspace: workspace(), tainted: isTainted() });
  }

  answered(row: PermissionRequest): void {
    const entry = this.#waiting.get(row.id);
    if (!entry || row.state === 'pending') return;
    this.#waiting.delete(row.id);
    entry.forget();
    entry.tell(answerOf(row));
  }

  async settle(): Promise<void> {
    await Promise.all(this.#rows().map((row) => this.#settleOne(row)));
  }

  async cancelAll(reason: ClosedReason): Promise<void> {
    await Promise.all(this.#rows().map((row) => this.#close(row, 'cancelled', { reason })));
  }

  pending(): number {
    return this.#waiting.size;
  }

  #rows(): readonly PermissionRequest[] {
    return [...this.#waiting.values()].map(({ row }) => row);
  }

  #newRow(promptId: PromptId | null, request: AgentPermissionRequest): PermissionRequest {
    const now = this.#deps.clock.now();
    const { sessionId, epoch } = this.#deps;
    const code = mintCode(this.#codes, ownerNumber(sessionId, epoch));
    this.#codes.add(code);
    const toolCall = { ...this.#deps.knownToolCall(request.toolCallId), ...request.toolCall };
    return {
      id: mintId('r', now),
      sessionId,
      promptId,
      code,
      toolCallId: request.toolCallId,
      toolCall,
      title: text(toolCall['title']) ?? 'A tool call without a title',
      kind: text(toolCall['kind']),
      options: request.options,
      state: 'pending',
      optionId: null,
      answeredBy: null,
      requestedAt: now,
      expiresAt: now + this.#deps.expiryMs,
      resolvedAt: null,
    };
  }

  async #decided(
    row: PermissionRequest,
    decision: Exclude<PolicyDecision, { action: 'ask' }>,
  ): Promise<PermissionAnswer> {
    const option = optionFor(row.options, decision.action === 'allow' ? 'allow' : 'reject');
    const outcome = {
      state: option ? ('answered' as const) : ('cancelled' as const),
      optionId: option?.optionId ?? null,
      answeredBy: SYSTEM_ACTOR,
    };
    const done: PermissionRequest = { ...row, ...outcome, resolvedAt: row.requestedAt };
    await this.#deps.writer.commit({
      insertPermission: done,
      events: [requestedEvent(row), resolvedEvent(row, outcome, { rule: decision.rule })],
    });
    return answerOf(done);
  }

  /** Resolves a row ourselves; one that somebody answered meanwhile keeps that answer. */
  async #close(
    row: PermissionRequest,
    state: 'cancelled' | 'expired',
    because: { readonly reason?: ClosedReason } = {},
  ): Promise<void> {
    const reject = state === 'expired' ? optionFor(row.options, 'reject') : undefined;
    const patch: PermissionPatch = {
      id: row.id,
      state,
      optionId: reject?.optionId ?? null,
      answeredBy: SYSTEM_ACTOR,
      resolvedAt: this.#deps.clock.now(),
    };
    const result = await this.#deps.writer.commit({
      permissions: [patch],
      events: [resolvedEvent(row, patch, because)],
    });
    if (result.ok) this.answered({ ...row, ...patch });
    else await this.#settleOne(row);
  }

  async #settleOne(row: PermissionRequest): Promise<void> {
    const stored = await this.#deps.store.permission(row.id);
    this.answered(stored ?? { ...row, state: 'cancelled' });
  }

  #wait(row: PermissionRequest): Promise<PermissionAnswer> {
    const { clock, writer } = this.#deps;
    return new Promise((tell) => {
      const left = row.expiresAt - clock.now();
      const forgetReminder = clock.after(left / 2, () => {
        writer.append({ type: 'permission.reminded', data: { requestId: row.id } });
      });
      const forgetExpiry = clock.after(left, () => {
        this.#close(row, 'expired').catch(() => tell({ outcome: 'cancelled' }));
      });
      const forget = (): void => {
        forgetReminder();
        forgetExpiry();
      };
      this.#waiting.set(row.id, { row, tell, forget });
    });
  }
}
