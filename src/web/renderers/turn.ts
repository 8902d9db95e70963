/**
 * One turn as one message of a thread: state, plan, answer and folded steps in the order they came,
 * footer. What is too long for a thread is on the session page, and said so.
 */
import type { TurnPart, TurnView } from '../../core/model/transcript.ts';
import { showHidden } from './hidden.ts';
import { markup, type Child, type Html } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { excerpt, renderInside } from './tool-call.ts';
import { renderEnd, renderHeader, renderPlan, stateWord, type TurnShown } from './turn-frame.ts';
import { renderStep, renderText } from './turn-parts.ts';

/** Steps in a row that stay visible; earlier ones are folded behind their number. */
const VISIBLE_STEPS = 6;
/** Of a longer text the end is shown: it is rendered again and again while it streams. */
const SHOWN_CHARACTERS = 200_000;

/** Where all of a turn is. */
const wholeUrl = ({ sessionId, turn }: TurnShown): string =>
  `/sessions/${sessionId}#turn-${turn.promptId}`;

export function renderTurn(view: TurnShown): Html {
  const { turn, transcript } = view;
  return markup`<section class="turn" data-state="${turn.state}" data-announce="${transcript.agentName}: ${stateWord(turn.state)}">
    ${renderHeader(view)}
    ${turn.actor.surface !== 'web' && renderOrigin(turn)}
    ${renderPlan(turn.plan)}
    <div class="parts">${renderParts(view)}</div>
    ${renderEnd(view)}
  </section>`;
}

/** A prompt that came from elsewhere is on no message of this thread, so it is quoted. */
function renderOrigin(turn: TurnView): Html {
  return markup`<blockquote class="origin" dir="auto">
    <p>${showHidden(turn.text, 'prose')}</p>
    <footer>${turn.actor.name} · ${turn.actor.surface}</footer>
  </blockquote>`;
}

function renderLong(part: Extract<TurnPart, { type: 'message' }>, url: string): Html {
  const { text } = part;
  const left = text.length - SHOWN_CHARACTERS;
  if (left <= 0) return renderText(part);
  const from = text.indexOf('\n', left) + 1 || left;
  const number = new Intl.NumberFormat('en-US').format(from);
  return markup`<p class="note">The first ${number} characters are on <a href="${url}">the session page</a>.</p>${renderMarkdown(text.slice(from))}`;
}

function renderParts(view: TurnShown): readonly Child[] {
  const { turn } = view;
  const url = wholeUrl(view);
  const extent = excerpt(url);
  const out: Child[] = [];
  let steps: Html[] = [];
  const flush = (): void => {
    if (steps.length > 0) out.push(renderSteps(steps, `${turn.promptId}-before-${out.length}`));
    steps = [];
  };
  turn.parts.forEach((part, index) => {
    if (part.type === 'message') {
      if (part.text.trim() === '') return;
      flush();
      out.push(renderLong(part, url));
      return;
    }
    const step = renderStep(turn, index, (tool) => {
      const inside = renderInside(tool, extent);
      return inside.length === 0 ? null : markup`<div class="inside">${inside}</div>`;
    });
    if (step !== null) steps.push(step);
  });
  flush();
  return out;
}

function renderSteps(steps: readonly Html[], id: string): Html {
  const earlier = steps.slice(0, -VISIBLE_STEPS);
  return markup`<div class="steps">
    ${
      earlier.length > 0 &&
      markup`<details class="earlier" id="${id}">
        <summary>${earlier.length} earlier ${earlier.length === 1 ? 'step' : 'steps'}</summary>
        ${earlier}
      </details>`
    }
    ${steps.slice(-VISIBLE_STEPS)}
  </div>`;
}
