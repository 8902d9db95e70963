/**
 * One turn on the session page: whole, in pieces. Invariant: a piece that did not change is the same
 * text again, and a turn that goes on changes only its first, its newest and its last piece. So a
 * live page is sent what changed, however long the turn is.
 *
 * What is behind the line of a step, and runs of many steps, are fetched when somebody opens them.
 */
import type { PermissionView, ToolCall, TurnState } from '../../core/model/transcript.ts';
import { markup, trusted, type Html } from './html.ts';
import { renderPerson } from './message.ts';
import { renderPermission, type MintToken } from './permission.ts';
import { renderInside, WHOLE } from './tool-call.ts';
import { renderEnd, renderHeader, renderPlan, stateWord, type TurnShown } from './turn-frame.ts';
import { renderStep, renderText } from './turn-parts.ts';

/** Steps in a row in one piece; earlier full ones are folded. */
const STEPS_IN_PIECE = 25;
/** More characters than this behind a line are fetched when the line is opened. */
const INLINE = 1_000;

export interface Piece {
  readonly id: string;
  /** Place within the turn, ascending. */
  readonly order: number;
  readonly html: string;
}

export interface SessionTurn {
  readonly id: string;
  readonly state: TurnState;
  /** Place among the turns, ascending: when it began, or was taken out of the queue. */
  readonly order: number;
  readonly announce: string;
  readonly pieces: readonly Piece[];
}

export interface PermissionButtons {
  readonly mint: MintToken;
  /** The page of one request. */
  readonly approvalUrl: (view: Parameters<MintToken>[0]) => string;
}

/** Where the parts behind a turn's lines are fetched from. */
const partUrl = ({ sessionId, turn }: TurnShown, what: string): string =>
  `/web/sessions/${sessionId}/turns/${turn.promptId}/${what}`;

export const turnOrder = ({ turn }: Pick<TurnShown, 'turn'>): number =>
  turn.startedAt ?? turn.endedAt ?? turn.queuedAt;

/** `from`: parts before it are folded, and fetched when they are opened (`firstShown`). */
export function sessionTurn(view: TurnShown, buttons: PermissionButtons, from = 0): SessionTurn {
  const { turn, transcript } = view;
  const { promptId } = turn;
  const last = turn.parts.length;
  return {
    id: `turn-${promptId}`,
    state: turn.state,
    order: turnOrder(view),
    announce: `${transcript.agentName}: ${stateWord(turn.state)}`,
    pieces: [
      piece(`${promptId}-asked`, -3, renderAsked(view)),
      piece(`${promptId}-head`, -2, renderHeader(view)),
      piece(`${promptId}-plan`, -1, markup`${renderPlan(turn.plan)}`),
      ...foldedPieces(view, from),
      ...bodyPieces(view, buttons, from, last),
      piece(`${promptId}-end`, END, renderEnd(view)),
    ],
  };
}

/** Of what was asked the log keeps so much (src/README.md). */
const LOGGED_CHARACTERS = 16_384;
const CUT = markup`<p class="note later">The agent was given all of it; the log keeps the first 16,384 characters.</p>`;

/** What was asked, and to what it was edited when the turn had begun. */
function renderAsked({ turn }: TurnShown): Html {
  const { actor, queuedAt, text, edit } = turn;
  const isCut = text.length > LOGGED_CHARACTERS;
  const later = edit && renderPerson(edit.by, edit.at, edit.text);
  return markup`${renderPerson(actor, queuedAt, text)}${isCut && CUT}${later && markup`<p class="note later">Edited after the turn had begun, so it did not count:</p>${later}`}`;
}

/** Places that the requests of one part may take after it. */
const PLACES = 100;
/** After every part that a turn may have. */
const END = 1e12;

function piece(id: string, order: number, content: Html): Piece {
  const { html } = markup`<div class="piece" id="${id}" data-order="${order}">${content}</div>`;
  return { id, order, html };
}

/** The whole turn as the page first has it. */
export function renderSessionTurn(turn: SessionTurn): Html {
  return markup`<section class="turn whole" id="${turn.id}" data-state="${turn.state}" data-order="${turn.order}" data-announce="${turn.announce}">${turn.pieces.map(({ html }) => trusted(html))}</section>`;
}

/** Of a turn with more parts than this the newest are shown, in steps that do not move with each part. */
const MOST_PARTS = 300;
const FOLDED_PARTS = 100;

/** Index of the first part that is shown at once of a turn that has so many. */
export function firstShown({ turn, transcript }: TurnShown, parts: number): number {
  if (parts <= MOST_PARTS) return 0;
  const pending = [...transcript.permissions.values()].filter(
    ({ promptId, outcome }) => promptId === turn.promptId && outcome === null,
  );
  const asking = new Set(pending.map(({ toolCall }) => toolCall.toolCallId));
  const first = turn.parts.findIndex(
    (part) => part.type === 'tool_call' && asking.has(part.toolCallId),
  );
  const newest =
    first < 0
      ? parts - MOST_PARTS + FOLDED_PARTS
      : Math.min(first, parts - MOST_PARTS + FOLDED_PARTS);
  return Math.floor(newest / FOLDED_PARTS) * FOLDED_PARTS;
}

function foldedPieces(view: TurnShown, to: number): readonly Piece[] {
  const { promptId } = view.turn;
  return Array.from({ length: to / FOLDED_PARTS }, (_, index) => {
    const first = index * FOLDED_PARTS;
    const end = first + FOLDED_PARTS;
    const content = markup`<details class="earlier" id="${promptId}-e${first}"><summary>Earlier in this turn: ${first + 1} to ${end}</summary>${later(partUrl(view, `parts/${first}-${end}`), 'part-list')}</details>`;
    return piece(`${promptId}-folded${first}`, first * PLACES, content);
  });
}

/** The parts from `from` to before `to`, as the page shows them. */
export function renderParts(
  view: TurnShown,
  buttons: PermissionButtons,
  from: number,
  to: number,
): Html {
  return markup`${bodyPieces(view, buttons, from, to).map(({ html }) => trusted(html))}`;
}

function bodyPieces(
  view: TurnShown,
  buttons: PermissionButtons,
  from: number,
  to: number,
): readonly Piece[] {
  const { turn, transcript, sessionId } = view;
  const asked = Map.groupBy(
    [...transcript.permissions.values()].filter(({ promptId }) => promptId === turn.promptId),
    ({ toolCall }) => toolCall.toolCallId,
  );
  const pieces: Piece[] = [];
  let run: number[] = [];
  const flush = (): void => {
    pieces.push(...runPieces(view, run));
    run = [];
  };
  const request = (permission: PermissionView, order: number): Piece => {
    const shown = { kind: 'permission', sessionId, permission, transcript } as const;
    const html = renderPermission(shown, buttons.mint, buttons.approvalUrl(shown));
    return piece(`request-${permission.requestId}`, order, html);
  };
  turn.parts.slice(from, to).forEach((part, offset) => {
    const index = from + offset;
    if (part.type === 'message') {
      if (part.text.trim() === '') return;
      flush();
      pieces.push(piece(`${turn.promptId}-p${index}`, index * PLACES, renderText(part)));
      return;
    }
    run.push(index);
    const requests = part.type === 'tool_call' ? asked.get(part.toolCallId) : undefined;
    if (requests === undefined) return;
    flush();
    pieces.push(...requests.map((each, place) => request(each, index * PLACES + place + 1)));
  });
  flush();
  return pieces;
}

/** A run of steps: full pieces of it are folded and empty until they are opened, the last is not. */
function runPieces(view: TurnShown, run: readonly number[]): readonly Piece[] {
  const { promptId } = view.turn;
  const pieces: Piece[] = [];
  for (let from = 0; from < run.length; from += STEPS_IN_PIECE) {
    const indexes = run.slice(from, from + STEPS_IN_PIECE);
    const first = indexes[0] ?? 0;
    const isFolded = from + STEPS_IN_PIECE < run.length;
    const url = partUrl(view, `steps/${first}-${indexes.at(-1) ?? first}`);
    const content = isFolded
      ? markup`<details class="earlier" id="${promptId}-f${first}"><summary>${indexes.length} steps</summary>${later(url, 'steps')}</details>`
      : markup`<div class="steps">${renderSteps(view, indexes)}</div>`;
    pieces.push(piece(`${promptId}-p${first}`, first * PLACES, content));
  }
  return pieces;
}

/** A place for what the page fetches from `url`; without script it is a link. */
const later = (url: string, className: string): Html =>
  markup`<div class="${className}" data-load="${url}"><a href="${url}">Show</a></div>`;

const lines = new WeakMap<ToolCall, Html>();

function renderSteps(view: TurnShown, indexes: readonly number[]): readonly (Html | null)[] {
  return indexes.map((index) => {
    const part = view.turn.parts[index];
    const tool = part?.type === 'tool_call' ? view.turn.toolCalls.get(part.toolCallId) : undefined;
    const known = tool && lines.get(tool);
    if (known !== undefined) return known;
    const fresh = renderStep(view.turn, index, (call) => insideOf(view, call, index));
    if (tool !== undefined && fresh !== null) lines.set(tool, fresh);
    return fresh;
  });
}

function insideOf(view: TurnShown, tool: ToolCall, index: number): Html | null {
  const weight = weightOf(tool);
  // A call that changes has another address, so what was fetched before is not kept for it.
  const version = `${tool.status}-${weight}`;
  if (weight > INLINE) return later(partUrl(view, `steps/${index}?v=${version}`), 'inside');
  const inside = renderInside(tool, WHOLE);
  return inside.length === 0 ? null : markup`<div class="inside">${inside}</div>`;
}

/** About as many characters as are behind the line of a call. */
function weightOf({ content, input, command }: ToolCall): number {
  const texts = content.map((part) => {
    switch (part.type) {
      case 'diff':
        return (part.oldText?.length ?? 0) + part.newText.length;
      case 'text':
        return part.text.length;
      case 'terminal':
        return part.output.length;
      case 'other':
        return part.label.length;
    }
  });
  const said = (command?.length ?? 0) + (input === undefined ? 0 : JSON.stringify(input).length);
  return texts.reduce((sum, length) => sum + length, said);
}

/** What a run of steps, or one opened step, holds. Null when there are no such steps. */
export function renderPart(view: TurnShown, from: number, to: number | undefined): Html | null {
  const part = view.turn.parts[from];
  if (part === undefined) return null;
  if (to !== undefined) {
    const indexes = view.turn.parts.flatMap((each, index) =>
      index >= from && index <= to && each.type !== 'message' ? [index] : [],
    );
    return markup`${renderSteps(view, indexes)}`;
  }
  const tool = part.type === 'tool_call' ? view.turn.toolCalls.get(part.toolCallId) : undefined;
  return tool === undefined ? null : markup`${renderInside(tool, WHOLE)}`;
}
