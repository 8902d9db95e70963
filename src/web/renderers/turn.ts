/** One turn as one message: state, plan, answer and folded steps in the order they came, footer. */
import type { ResolvedView } from '../../core/ports/surface.ts';
import type { PlanEntry, TurnPart, TurnState, TurnView } from '../../core/model/transcript.ts';
import type { Usage } from '../../core/model/session.ts';
import { elapsed } from '../../core/transcript/text.ts';
import { showHidden } from './hidden.ts';
import { markup, type Child, type Html } from './html.ts';
import { icon, type IconName } from './icon.ts';
import { renderMarkdown } from './markdown.ts';
import { since } from './time.ts';
import { renderToolCall } from './tool-call.ts';

const TURN_STATES: Readonly<Record<TurnState, { icon: IconName; word: string }>> = {
  queued: { icon: 'clock', word: 'queued' },
  preparing: { icon: 'box', word: 'preparing environment' },
  working: { icon: 'dots', word: 'working' },
  waiting: { icon: 'hand', word: 'waiting for you' },
  done: { icon: 'check', word: 'done' },
  failed: { icon: 'alert', word: 'failed' },
  stopped: { icon: 'stop', word: 'stopped' },
  interrupted: { icon: 'alert', word: 'interrupted' },
  cancelled: { icon: 'cross', word: 'cancelled' },
};

/** ACP stop reasons that a reader must know of though the turn is `done`. */
const EARLY_ENDS: Readonly<Record<string, string>> = {
  max_tokens: 'The answer ends here because the model reached its token limit.',
  max_turn_requests: 'The agent stopped because it reached its limit of model requests.',
  refusal: 'The agent refused to go on.',
};

/** Steps in a row that stay visible; earlier ones are folded behind their number. */
const VISIBLE_STEPS = 6;

const isRunning = (state: TurnState): boolean =>
  state === 'preparing' || state === 'working' || state === 'waiting';
const canRetry = (state: TurnState): boolean =>
  state === 'failed' || state === 'interrupted' || state === 'stopped';

export function renderTurn(view: Extract<ResolvedView, { kind: 'turn' }>): Html {
  const { turn, transcript } = view;
  const { word } = TURN_STATES[turn.state];
  return markup`<section class="turn" data-state="${turn.state}" data-announce="${transcript.agentName}: ${word}">
    ${renderHeader(view)}
    ${turn.actor.surface !== 'web' && renderOrigin(turn)}
    ${renderPlan(turn.plan)}
    <div class="parts">${renderParts(turn)}</div>
    ${renderEnd(view)}
  </section>`;
}

function renderHeader({ turn, transcript, sessionId }: Extract<ResolvedView, { kind: 'turn' }>) {
  const state = TURN_STATES[turn.state];
  const open = isRunning(turn.state) || turn.state === 'queued';
  const action = `/web/sessions/${sessionId}/prompts/${turn.promptId}/cancel`;
  return markup`<header>
      <span class="agent">${transcript.agentName}</span>
      <span class="state">${icon(state.icon)}${state.word}</span>
      ${turn.position !== null && markup`<span class="note">number ${turn.position} in line</span>`}
      ${renderElapsed(turn)}
      ${
        open &&
        markup`<form method="post" action="${action}" data-async>
          <button class="small" id="stop-${turn.promptId}">${icon('stop')}${isRunning(turn.state) ? 'Stop' : 'Cancel'}</button>
        </form>`
      }
    </header>`;
}

function renderElapsed(turn: TurnView): Html | null {
  if (turn.startedAt === null) return null;
  if (turn.endedAt !== null) {
    return markup`<span class="elapsed">${elapsed(turn.endedAt - turn.startedAt)}</span>`;
  }
  const quiet = turn.state === 'working' && markup` data-quiet-since="${turn.lastEventAt}"`;
  return markup`<span class="elapsed"${quiet}>${since(turn.startedAt)}</span>`;
}

/** A prompt that came from elsewhere is on no message of this thread, so it is quoted. */
function renderOrigin(turn: TurnView): Html {
  return markup`<blockquote class="origin" dir="auto">
    <p>${showHidden(turn.text, 'prose')}</p>
    <footer>${turn.actor.name} · ${turn.actor.surface}</footer>
  </blockquote>`;
}

const PLAN_ICONS: Readonly<Record<string, { icon: IconName; word: string }>> = {
  completed: { icon: 'check', word: 'done' },
  in_progress: { icon: 'dots', word: 'now' },
  pending: { icon: 'circle', word: 'to do' },
};

function renderPlan(plan: readonly PlanEntry[]): Html | null {
  if (plan.length === 0) return null;
  const items = plan.map((entry) => {
    const mark = PLAN_ICONS[entry.status] ?? { icon: 'circle' as const, word: entry.status };
    return markup`<li data-status="${entry.status}">
      ${icon(mark.icon)}<span class="sr-only">${mark.word}:</span> <span dir="auto">${showHidden(entry.content, 'prose')}</span>
    </li>`;
  });
  return markup`<ol class="plan" aria-label="Plan">${items}</ol>`;
}

/** Of a longer text the end is shown: it is rendered again and again while it streams. */
const SHOWN_CHARACTERS = 200_000;

function renderLong(text: string): Html {
  const left = text.length - SHOWN_CHARACTERS;
  if (left <= 0) return renderMarkdown(text);
  const from = text.indexOf('\n', left) + 1 || left;
  const number = new Intl.NumberFormat('en-US').format(from);
  return markup`<p class="note">The first ${number} characters are not shown; the session's log has them.</p>${renderMarkdown(text.slice(from))}`;
}

const rendered = new WeakMap<TurnPart, Html>();

/** Parts that did not change are the same objects: only what streams is rendered again. */
function renderText(part: Extract<TurnPart, { type: 'message' }>): Html {
  const known = rendered.get(part);
  if (known !== undefined) return known;
  const fresh = renderLong(part.text);
  rendered.set(part, fresh);
  return fresh;
}

function renderStep(turn: TurnView, part: TurnPart, index: number): Html | null {
  switch (part.type) {
    case 'message':
      return null;
    case 'thought':
      return part.text.trim() === ''
        ? null
        : markup`<details class="step thought" id="${turn.promptId}-${index}">
            <summary>${icon('think')} <span class="title">Thought</span></summary>
            <div class="inside">${renderLong(part.text)}</div>
          </details>`;
    case 'notice':
      return markup`<p class="step notice" dir="auto">${showHidden(part.text, 'prose')}</p>`;
    case 'tool_call': {
      const tool = turn.toolCalls.get(part.toolCallId);
      return tool === undefined ? null : renderToolCall(tool, `${turn.promptId}-${index}`);
    }
  }
}

function renderParts(turn: TurnView): readonly Child[] {
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
      out.push(renderText(part));
      return;
    }
    const step = renderStep(turn, part, index);
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

function renderEnd({ turn, sessionId }: Extract<ResolvedView, { kind: 'turn' }>): Html {
  const early = turn.state === 'done' ? EARLY_ENDS[turn.stopReason ?? ''] : undefined;
  const reason = turn.reason ?? early;
  const usage = turn.endedAt === null ? '' : usageText(turn.usage);
  const action = `/web/sessions/${sessionId}/prompts/${turn.promptId}/retry`;
  return markup`${
    reason !== undefined &&
    markup`<p class="reason" dir="auto">${icon('alert')} <span>${showHidden(reason, 'code')}</span></p>`
  }
    ${
      canRetry(turn.state) &&
      markup`<form method="post" action="${action}" data-async>
        <button class="small">${icon('retry')}Retry</button>
      </form>`
    }
    ${usage !== '' && markup`<footer>${usage}</footer>`}`;
}

/** `12,400 of 200,000 tokens of context · 0.0312 USD`; empty when the agent reported none. */
function usageText(usage: Usage | null): string {
  if (usage === null) return '';
  const number = new Intl.NumberFormat('en-US');
  const size = usage.size === undefined ? '' : ` of ${number.format(usage.size)}`;
  const tokens =
    usage.used === undefined ? [] : [`${number.format(usage.used)}${size} tokens of context`];
  const cost = usage.cost && usage.cost.amount > 0 ? usage.cost : undefined;
  return [...tokens, ...(cost ? [`${Number(cost.amount.toFixed(4))} ${cost.currency}`] : [])].join(
    ' · ',
  );
}
