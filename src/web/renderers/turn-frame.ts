/** What stands around the parts of a turn: its state, plan, end and footer, wherever it is shown. */
import type { PlanEntry, TurnState, TurnView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { elapsed } from '../../core/transcript/text.ts';
import { canRetry, earlyEnd, placeInLine, usageText } from '../../core/transcript/words.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';
import { icon, type IconName } from './icon.ts';
import { since, timeOfDay } from './time.ts';

export type TurnShown = Extract<ResolvedView, { kind: 'turn' }>;

const TURN_STATES: Readonly<Record<TurnState, { icon: IconName; word: string }>> = {
  queued: { icon: 'clock', word: 'queued' },
  preparing: { icon: 'box', word: 'preparing environment' },
  working: { icon: 'dots', word: 'working' },
  waiting: { icon: 'hand', word: 'waiting for you' },
  stopping: { icon: 'stop', word: 'stopping' },
  done: { icon: 'check', word: 'done' },
  failed: { icon: 'alert', word: 'failed' },
  stopped: { icon: 'stop', word: 'stopped' },
  interrupted: { icon: 'alert', word: 'interrupted' },
  cancelled: { icon: 'cross', word: 'cancelled' },
};

const isRunning = (state: TurnState): boolean =>
  state === 'preparing' || state === 'working' || state === 'waiting' || state === 'stopping';

/** The word for a state of a turn. */
export const stateWord = (state: TurnState): string => TURN_STATES[state].word;

export function renderHeader({ turn, transcript, sessionId }: TurnShown): Html {
  const state = TURN_STATES[turn.state];
  const open = isRunning(turn.state) || turn.state === 'queued';
  const place = placeInLine(turn, transcript);
  const action = `/web/sessions/${sessionId}/prompts/${turn.promptId}/cancel`;
  return markup`<header class="turn-head">
      <span class="agent">${transcript.agentName}</span>
      <span class="state">${icon(state.icon)}${state.word}</span>
      ${place !== undefined && markup`<span class="note">${place}</span>`}
      ${renderElapsed(turn)}
      ${
        open &&
        turn.state !== 'stopping' &&
        markup`<form method="post" action="${action}" data-async>
          <button class="small" id="stop-${turn.promptId}">${icon('stop')}${isRunning(turn.state) ? 'Stop' : 'Cancel'}</button>
        </form>`
      }
    </header>`;
}

function renderElapsed(turn: TurnView): Html | null {
  if (turn.startedAt === null) return null;
  if (turn.endedAt !== null) {
    return markup`<span class="elapsed">${elapsed(turn.endedAt - turn.startedAt)}</span> <span class="at">${timeOfDay(turn.endedAt)}</span>`;
  }
  const quiet = turn.state === 'working' && markup` data-quiet-since="${turn.lastEventAt}"`;
  return markup`<span class="elapsed"${quiet}>${since(turn.startedAt)}</span>`;
}

const PLAN_ICONS: Readonly<Record<string, { icon: IconName; word: string }>> = {
  completed: { icon: 'check', word: 'done' },
  in_progress: { icon: 'dots', word: 'now' },
  pending: { icon: 'circle', word: 'to do' },
};

export function renderPlan(plan: readonly PlanEntry[]): Html | null {
  if (plan.length === 0) return null;
  const items = plan.map((entry) => {
    const mark = PLAN_ICONS[entry.status] ?? { icon: 'circle' as const, word: entry.status };
    return markup`<li data-status="${entry.status}">
      ${icon(mark.icon)}<span class="sr-only">${mark.word}:</span> <span dir="auto">${showHidden(entry.content, 'prose')}</span>
    </li>`;
  });
  return markup`<ol class="plan" aria-label="Plan">${items}</ol>`;
}

export function renderEnd({ turn, sessionId }: TurnShown): Html {
  const reason = turn.reason ?? earlyEnd(turn);
  const usage = turn.endedAt === null ? '' : usageText(turn.usage);
  const action = `/web/sessions/${sessionId}/prompts/${turn.promptId}/retry`;
  return markup`${
    reason !== undefined &&
    markup`<p class="reason" dir="auto">${icon('alert')} <span>${showHidden(reason, 'code')}</span></p>`
  }
    ${
      canRetry(turn) &&
      markup`<form class="again" method="post" action="${action}" data-async>
        <button class="small">${icon('retry')}Retry</button>
      </form>`
    }
    ${usage !== '' && markup`<footer class="usage">${usage}</footer>`}`;
}
