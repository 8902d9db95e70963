/**
 * A turn while it is being folded: mutable, so that one more chunk costs O(1), and read through
 * `turnView`, which copies only what changed since the last look. Parts and tool calls themselves
 * are immutable: a view that was handed out never changes.
 */
import type { Usage } from '../model/session.ts';
import type { PlanEntry, ToolCall, TurnPart, TurnState, TurnView } from '../model/transcript.ts';
import { isOpen } from './tool-call.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface TurnDraft extends Mutable<
  Omit<TurnView, 'parts' | 'toolCalls' | 'plan' | 'state'>
> {
  /** Never `waiting`: that is `working` with a pending permission. */
  state: Exclude<TurnState, 'waiting'>;
  readonly parts: TurnPart[];
  readonly toolCalls: Map<string, ToolCall>;
  plan: readonly PlanEntry[];
  usage: Usage | null;
  /** Requests of this turn that nobody has answered. */
  readonly pending: Set<string>;
  /** Index in `parts` by type and message id. */
  readonly messages: Map<string, number>;
  /** What was handed out last; null when the turn has changed since. */
  view: TurnView | null;
  partsView: readonly TurnPart[] | null;
  toolCallsView: ReadonlyMap<string, ToolCall> | null;
}

/** The draft that goes on from a view. `pending`: ids of the turn's unanswered requests. */
export function draftOf(view: TurnView, pending: Iterable<string>): TurnDraft {
  const messages = new Map<string, number>();
  for (const [index, part] of view.parts.entries()) {
    if ('messageId' in part && part.messageId !== null) {
      messages.set(`${part.type}:${part.messageId}`, index);
    }
  }
  return {
    ...view,
    state: view.state === 'waiting' ? 'working' : view.state,
    parts: [...view.parts],
    toolCalls: new Map(view.toolCalls),
    pending: new Set(pending),
    messages,
    view,
    partsView: view.parts,
    toolCallsView: view.toolCalls,
  };
}

export function turnView(draft: TurnDraft): TurnView {
  if (draft.view !== null) return draft.view;
  draft.partsView ??= [...draft.parts];
  draft.toolCallsView ??= new Map(draft.toolCalls);
  draft.view = {
    promptId: draft.promptId,
    text: draft.text,
    actor: draft.actor,
    state: draft.pending.size > 0 && isWorking(draft) ? 'waiting' : draft.state,
    readOnly: draft.readOnly,
    position: draft.position,
    reason: draft.reason,
    stopReason: draft.stopReason,
    parts: draft.partsView,
    toolCalls: draft.toolCallsView,
    plan: draft.plan,
    usage: draft.usage,
    edit: draft.edit,
    editOf: draft.editOf,
    queuedAt: draft.queuedAt,
    startedAt: draft.startedAt,
    endedAt: draft.endedAt,
    lastEventAt: draft.lastEventAt,
    version: draft.version,
  };
  return draft.view;
}

function isWorking({ state }: TurnDraft): boolean {
  return state === 'preparing' || state === 'working';
}

export function isRunning(draft: TurnDraft): boolean {
  return isWorking(draft) || draft.state === 'stopping';
}

/** Every change of a draft ends with this. */
export function touch(
  draft: TurnDraft,
  event: { readonly seq: number; readonly at: number },
): void {
  draft.version = event.seq;
  draft.lastEventAt = event.at;
  draft.view = null;
}

/** Same id = same message, wherever it is; without an id, what follows directly belongs to it. */
export function appendText(
  draft: TurnDraft,
  type: 'message' | 'thought',
  messageId: string | null,
  text: string,
): void {
  if (text === '') return;
  const key = `${type}:${messageId}`;
  const at = messageId === null ? draft.parts.length - 1 : (draft.messages.get(key) ?? -1);
  const part = draft.parts[at];
  draft.partsView = null;
  if (part?.type === type && part.messageId === messageId) {
    draft.parts[at] = { type, messageId, text: part.text + text };
    return;
  }
  if (messageId !== null) draft.messages.set(key, draft.parts.length);
  draft.parts.push({ type, messageId, text });
}

export function appendNotice(draft: TurnDraft, text: string): void {
  draft.partsView = null;
  draft.parts.push({ type: 'notice', text });
}

/** Upserts by id; the first sight of a tool call gives it its place in the turn. */
export function setToolCall(draft: TurnDraft, call: ToolCall): void {
  if (!draft.toolCalls.has(call.toolCallId)) {
    draft.partsView = null;
    draft.parts.push({ type: 'tool_call', toolCallId: call.toolCallId });
  }
  draft.toolCallsView = null;
  draft.toolCalls.set(call.toolCallId, draft.endedAt === null ? call : closed(call));
}

/** ACP 1 has no `cancelled`: what is open when its turn ends will never be finished. */
export function closeToolCalls(draft: TurnDraft): void {
  for (const call of draft.toolCalls.values()) {
    if (isOpen(call)) {
      draft.toolCallsView = null;
      draft.toolCalls.set(call.toolCallId, closed(call));
    }
  }
}

function closed(call: ToolCall): ToolCall {
  return isOpen(call) ? { ...call, status: 'cancelled' } : call;
}

export function newTurn(
  asked: Pick<TurnView, 'promptId' | 'text' | 'actor' | 'readOnly' | 'editOf'>,
  position: number,
  event: { readonly seq: number; readonly at: number },
): TurnDraft {
  return draftOf(
    {
      ...asked,
      state: 'queued',
      position,
      reason: null,
      stopReason: null,
      parts: [],
      toolCalls: new Map(),
      plan: [],
      usage: null,
      queuedAt: event.at,
      startedAt: null,
      endedAt: null,
      lastEventAt: event.at,
      version: event.seq,
    },
    [],
  );
}
