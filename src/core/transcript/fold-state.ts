/**
 * What a fold carries from event to event: the transcript so far, and drafts of the turns that are
 * changing. Invariant: `transcript` is right but for the turns in `dirty`.
 */
import type { NewEvent, SessionEvent, SessionEventType } from '../model/events.ts';
import type { PromptId, RequestId } from '../model/ids.ts';
import type { Transcript, TurnView } from '../model/transcript.ts';
import { promptIdOf } from './raw.ts';
import { draftOf, touch, turnView, type TurnDraft } from './turn-draft.ts';

export interface State {
  transcript: Transcript;
  /** Turns being changed; ended ones leave at the next view. */
  readonly drafts: Map<PromptId, TurnDraft>;
  readonly dirty: Set<PromptId>;
  /** The turn that started last: owner of updates that name no prompt. */
  latest: PromptId | null;
}

export type Stamp = Pick<SessionEvent, 'seq' | 'at'>;

export type Data<T extends SessionEventType> = Extract<NewEvent, { type: T }>['data'];

export function latestStarted(turns: ReadonlyMap<PromptId, TurnView>): PromptId | null {
  let latest: TurnView | null = null;
  for (const turn of turns.values()) {
    if (turn.startedAt !== null && turn.startedAt >= (latest?.startedAt ?? 0)) latest = turn;
  }
  return latest?.promptId ?? null;
}

export function flush(state: State): void {
  if (state.dirty.size === 0) return;
  const turns = new Map(state.transcript.turns);
  for (const id of state.dirty) {
    const draft = state.drafts.get(id);
    if (draft === undefined) continue;
    turns.set(id, turnView(draft));
    if (draft.endedAt !== null) state.drafts.delete(id);
  }
  state.dirty.clear();
  state.transcript = { ...state.transcript, turns };
}

export function patch(state: State, changes: Partial<Transcript>): void {
  state.transcript = { ...state.transcript, ...changes };
}

/** The turn to change, or undefined when there is no such turn. */
export function turnOf(state: State, id: string | null | undefined): TurnDraft | undefined {
  if (id === null || id === undefined) return undefined;
  const known = state.drafts.get(promptIdOf(id));
  if (known !== undefined) return known;
  const view = state.transcript.turns.get(promptIdOf(id));
  if (view === undefined) return undefined;
  const draft = draftOf(view, view.state === 'waiting' ? pendingOf(state, view.promptId) : []);
  state.drafts.set(view.promptId, draft);
  return draft;
}

function pendingOf(state: State, id: PromptId): readonly RequestId[] {
  const all = [...state.transcript.permissions.values()];
  return all.flatMap((one) => (one.promptId === id && one.outcome === null ? one.requestId : []));
}

export function changed(state: State, turn: TurnDraft, event: Stamp): void {
  touch(turn, event);
  state.dirty.add(turn.promptId);
}
