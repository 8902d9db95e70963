/** Permission requests: shown with what is known of their tool call, and how each was answered. */
import type { PermissionOption } from '../model/permission.ts';
import type { PermissionView } from '../model/transcript.ts';
import { changed, patch, turnOf, type Data, type Stamp, type State } from './fold-state.ts';
import { requestIdOf } from './raw.ts';
import { mergeToolCall } from './tool-call.ts';
import { appendNotice, setToolCall } from './turn-draft.ts';

export function permissionRequested(
  state: State,
  data: Data<'permission.requested'>,
  event: Stamp,
): void {
  const requestId = requestIdOf(data.requestId);
  if (state.transcript.permissions.has(requestId)) return;
  const turn = turnOf(state, data.promptId) ?? turnOf(state, state.latest);
  const raw = { title: data.title, kind: data.kind, ...data.toolCall };
  const toolCall = mergeToolCall(
    turn?.toolCalls.get(data.toolCallId),
    data.toolCallId,
    raw,
    state.transcript.cwd,
  );
  if (turn !== undefined) {
    setToolCall(turn, toolCall);
    turn.pending.add(requestId);
    if (turn.state === 'preparing') turn.state = 'working';
    changed(state, turn, event);
  }
  setPermission(state, {
    requestId,
    promptId: turn?.promptId ?? null,
    code: data.code,
    toolCall,
    asked: data.toolCall,
    options: data.options,
    requestedAt: event.at,
    expiresAt: data.expiresAt,
    outcome: null,
  });
}

export function permissionReminded(
  state: State,
  data: Data<'permission.reminded'>,
  event: Stamp,
): void {
  const view = state.transcript.permissions.get(requestIdOf(data.requestId));
  if (view === undefined || view.outcome !== null) return;
  setPermission(state, { ...view, remindedAt: event.at });
}

export function permissionResolved(
  state: State,
  data: Data<'permission.resolved'>,
  event: Stamp,
): void {
  const view = state.transcript.permissions.get(requestIdOf(data.requestId));
  if (view === undefined || view.outcome !== null) return;
  // Before the answer is written: a turn that is taken up again reads what is pending from there.
  const turn = turnOf(state, view.promptId);
  const { outcome: kind, by, rule, reason } = data;
  const outcome = { kind, option: chosen(view.options, data), by, at: event.at, rule, reason };
  setPermission(state, { ...view, outcome });
  if (turn === undefined || !turn.pending.delete(data.requestId)) return;
  // Nobody saw the request, so the turn says what became of it.
  if (rule !== undefined && data.optionKind?.startsWith('allow') !== true) {
    appendNotice(turn, `Refused, because ${rule}: ${view.toolCall.command ?? view.toolCall.title}`);
  }
  changed(state, turn, event);
}

function chosen(
  options: readonly PermissionOption[],
  data: Data<'permission.resolved'>,
): PermissionOption | null {
  const { optionId } = data;
  if (optionId === undefined) return null;
  const offered = options.find((option) => option.optionId === optionId);
  return offered ?? { optionId, name: data.optionName ?? optionId, kind: data.optionKind ?? '' };
}

function setPermission(state: State, view: PermissionView): void {
  patch(state, {
    permissions: new Map(state.transcript.permissions).set(view.requestId, view),
  });
}
