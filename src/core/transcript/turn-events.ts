/** Events of a turn and of the queue before it: from `prompt.queued` to what comes after its end. */
import type { PromptId } from '../model/ids.ts';
import { changed, patch, turnOf, type Data, type Stamp, type State } from './fold-state.ts';
import { promptIdOf, text } from './raw.ts';
import { appendNotice, closeToolCalls, isRunning, newTurn, type TurnDraft } from './turn-draft.ts';
import { applyToTurn, sessionFacts } from './updates.ts';

export function promptQueued(state: State, data: Data<'prompt.queued'>, event: Stamp): void {
  if (turnOf(state, data.promptId) !== undefined) return;
  const id = promptIdOf(data.promptId);
  const queue = [...state.transcript.queue, id];
  const { text: asked, actor, readOnly = false } = data;
  const editOf = data.editOf === undefined ? undefined : promptIdOf(data.editOf);
  const turn = { promptId: id, text: asked, actor, readOnly, editOf };
  state.drafts.set(id, newTurn(turn, queue.length, event));
  state.dirty.add(id);
  patch(state, { queue });
  const edited = turnOf(state, data.editOf);
  if (edited?.edit === undefined) return;
  edited.edit = { ...edited.edit, takenBy: data.actor };
  changed(state, edited, event);
}

export function promptEdited(state: State, data: Data<'prompt.edited'>, event: Stamp): void {
  const turn = turnOf(state, data.promptId);
  if (turn === undefined) return;
  turn.edit = { text: data.text, by: data.by, at: event.at, takenBy: null };
  changed(state, turn, event);
}

export function turnStopping(state: State, data: Data<'turn.stopping'>, event: Stamp): void {
  const turn = turnOf(state, data.promptId);
  if (turn === undefined || !isRunning(turn)) return;
  turn.state = 'stopping';
  changed(state, turn, event);
}

const TOLD_AGAIN =
  'The agent could not take up its earlier session, so it was given what was said before.';
const TAKEN_UP =
  'This session was closed and is open again: the agent has taken it up where it was.';

/** An agent that comes back to a session says how, in the turn that it comes back for. */
export function sessionStarted(state: State, data: Data<'session.started'>, event: Stamp): void {
  const { reopened } = state.transcript;
  patch(state, { cwd: data.cwd ?? null, reopened: false });
  const turn = turnOf(state, state.latest);
  if (turn === undefined || !isRunning(turn)) return;
  if (data.how === 'transcript') appendNotice(turn, TOLD_AGAIN);
  else if (reopened && data.how !== 'new') appendNotice(turn, TAKEN_UP);
  else return;
  changed(state, turn, event);
}

export function promptStarted(state: State, data: Data<'prompt.started'>, event: Stamp): void {
  const turn = turnOf(state, data.promptId);
  if (turn === undefined) return;
  turn.state = 'preparing';
  turn.position = null;
  turn.startedAt = event.at;
  state.latest = turn.promptId;
  changed(state, turn, event);
  leaveQueue(state, data.promptId, event);
}

export function promptCancelled(state: State, data: Data<'prompt.cancelled'>, event: Stamp): void {
  const turn = turnOf(state, data.promptId);
  if (turn === undefined) return;
  finish(state, turn, 'cancelled', event);
  leaveQueue(state, data.promptId, event);
}

function leaveQueue(state: State, id: string, event: Stamp): void {
  const queue = state.transcript.queue.filter((waiting) => waiting !== id);
  if (queue.length === state.transcript.queue.length) return;
  patch(state, { queue });
  for (const [index, waiting] of queue.entries()) setPosition(state, waiting, index + 1, event);
}

function setPosition(state: State, id: PromptId, position: number, event: Stamp): void {
  const turn = turnOf(state, id);
  if (turn === undefined || turn.position === position) return;
  turn.position = position;
  changed(state, turn, event);
}

export function queueUpdated(state: State, data: Data<'queue.updated'>, event: Stamp): void {
  const items = data.items.filter((item) => turnOf(state, item.promptId)?.state === 'queued');
  patch(state, { queue: items.map((item) => promptIdOf(item.promptId)) });
  for (const item of items) {
    const turn = turnOf(state, item.promptId);
    if (turn === undefined) continue;
    setPosition(state, turn.promptId, item.position, event);
    // Edited before its turn started: the new text is what runs.
    if (turn.text !== item.text) {
      turn.text = item.text;
      changed(state, turn, event);
    }
  }
}

export function turnEnded(state: State, data: Data<'turn.ended'>, event: Stamp): void {
  const turn = turnOf(state, data.promptId);
  if (turn === undefined) return;
  turn.stopReason = data.stopReason;
  turn.reason = data.error ?? null;
  finish(state, turn, endState(data), event);
  leaveQueue(state, data.promptId, event);
}

function endState(data: Data<'turn.ended'>): TurnDraft['state'] {
  switch (data.stopReason) {
    case 'cancelled':
      return 'stopped';
    case 'failed':
    case 'interrupted':
      return data.stopReason;
    default:
      return data.error === undefined ? 'done' : 'failed';
  }
}

function finish(state: State, turn: TurnDraft, to: TurnDraft['state'], event: Stamp): void {
  turn.state = to;
  turn.position = null;
  turn.endedAt = event.at;
  closeToolCalls(turn);
  changed(state, turn, event);
}

/** The agent is being started (again) in the middle of a turn. */
export function setUp(state: State, event: Stamp): void {
  const turn = turnOf(state, state.latest);
  if (turn?.state !== 'working') return;
  turn.state = 'preparing';
  changed(state, turn, event);
}

export function updated(state: State, data: Data<'update'>, event: Stamp): void {
  const facts = sessionFacts(data.update);
  if (facts !== undefined) patch(state, facts);
  if (data.replay === true) return;
  const turn = turnOfUpdate(state, data);
  if (turn === undefined) return;
  const worked = applyToTurn(turn, data.update, state.transcript.cwd);
  // What shows nothing still is a sign of life, as long as the turn runs.
  if (!worked && !isRunning(turn)) return;
  if (worked && turn.state === 'preparing') turn.state = 'working';
  changed(state, turn, event);
}

/** The turn that knows the tool call, the one that is named, or the latest. */
function turnOfUpdate(state: State, data: Data<'update'>): TurnDraft | undefined {
  const named = turnOf(state, data.promptId) ?? turnOf(state, state.latest);
  const toolCallId = text(data.update['toolCallId']);
  if (data.update.sessionUpdate !== 'tool_call_update' || toolCallId === undefined) return named;
  if (named?.toolCalls.has(toolCallId) === true) return named;
  return earlierTurnWith(state, toolCallId) ?? named;
}

/** An agent may finish a tool call after its turn has ended, and even after the next has begun. */
function earlierTurnWith(state: State, toolCallId: string): TurnDraft | undefined {
  const known = [...state.transcript.turns.values()];
  const turns = [
    ...known.map((turn) => state.drafts.get(turn.promptId) ?? turn),
    ...state.drafts.values(),
  ];
  const found = turns.findLast((turn) => turn.toolCalls.get(toolCallId)?.status === 'cancelled');
  return turnOf(state, found?.promptId);
}
