/**
 * One turn as a comment: header line, plan, answer, folded steps, footer; once it has ended the
 * answer comes first, and the plan is folded as well. Nothing in it moves with the time while the
 * agent works: an edit must be worth its call.
 */
import type { PlanEntry, ToolCall, TurnState, TurnView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { errorText } from '../../core/transcript/plain.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import { elapsed, turnText } from '../../core/transcript/text.ts';
import { canRetry, count, earlyEnd, placeInLine, usageText } from '../../core/transcript/words.ts';
import { renderDiff } from './diff.ts';
import { code, neutralMarkdown, prose } from './neutral.ts';
import { splitComment } from './split.ts';

type View = Extract<ResolvedView, { kind: 'turn' }>;

const STATES: Readonly<Record<TurnState, { readonly mark: string; readonly word: string }>> = {
  queued: { mark: '🕓', word: 'queued' },
  preparing: { mark: '📦', word: 'preparing environment' },
  working: { mark: '⏳', word: 'working' },
  waiting: { mark: '✋', word: 'waiting for you' },
  stopping: { mark: '🛑', word: 'stopping' },
  done: { mark: '✅', word: 'done' },
  failed: { mark: '❌', word: 'failed' },
  stopped: { mark: '🛑', word: 'stopped' },
  interrupted: { mark: '⚠️', word: 'interrupted' },
  cancelled: { mark: '🚫', word: 'cancelled' },
};

const KINDS: Readonly<Record<string, string>> = {
  read: '📖',
  edit: '✏️',
  delete: '🗑️',
  move: '📦',
  search: '🔎',
  execute: '▶️',
  think: '💭',
  fetch: '🌐',
  switch_mode: '🔀',
};

/** ToolCallStatus in a word; a step that went well needs none. */
const STATUS: Readonly<Record<string, string>> = {
  pending: ' · waiting',
  in_progress: ' · running',
  completed: '',
};

const STALLED_MS = 60_000;
/** Steps that are listed: the last ones. */
const MOST_STEPS = 100;
/** All diffs of a turn together; each is capped too. */
const DIFF_LINES = { each: 80, all: 400 } as const;

/** `url`: the session's own page, when people can reach it. */
export function renderTurn(
  view: View,
  now: number,
  url: string | undefined,
): readonly [string, ...string[]] {
  const { turn } = view;
  const isOver = turn.endedAt !== null;
  const blocks = [
    header(view, now, url),
    turn.actor.surface === 'github' ? '' : origin(turn),
    isOver ? '' : plan(turn.plan),
    neutralMarkdown(turnText(turn)),
    ...notices(turn),
    ending(turn),
    steps(turn, url),
    canRetry(turn) ? '<sub>`/retry` runs it again.</sub>' : '',
    footer(turn),
  ];
  return splitComment(
    blocks.filter((part) => part.trim() !== '').join('\n\n'),
    (left) => `_${count(left)} more characters are in ${whereOf(url)}._`,
  );
}

function header({ turn, transcript }: View, now: number, url: string | undefined): string {
  const { state, startedAt, endedAt } = turn;
  const { mark, word } = STATES[state];
  const parts = [`${mark} **${prose(transcript.agentName, 60)}**`, word];
  if (turn.readOnly) parts.push('🔒 read-only');
  const place = placeInLine(turn, transcript);
  if (place !== undefined) parts.push(place);
  if (startedAt !== null && endedAt !== null) parts.push(elapsed(endedAt - startedAt));
  const silent = state === 'working' && now - turn.lastEventAt >= STALLED_MS;
  if (silent) parts.push('nothing heard for more than a minute');
  if (url !== undefined) parts.push(`[session page](${url})`);
  return parts.join(' · ');
}

/** A prompt that came from elsewhere is on no comment of this thread, so it is quoted. */
function origin({ text, actor }: TurnView): string {
  return `> ${prose(text, 500)}\n> — ${prose(actor.name, 60)} (${prose(actor.surface, 20)})`;
}

function plan(entries: readonly PlanEntry[]): string {
  return entries
    .map(({ content, status }) => {
      const box = status === 'completed' ? 'x' : ' ';
      const text = prose(content);
      return `- [${box}] ${status === 'in_progress' ? `**${text}**` : text}`;
    })
    .join('\n');
}

function notices(turn: TurnView): readonly string[] {
  return turn.parts.flatMap((part) => (part.type === 'notice' ? [`> ${prose(part.text)}`] : []));
}

function ending(turn: TurnView): string {
  if (turn.reason !== null) return neutralMarkdown(errorText(turn.reason));
  return earlyEnd(turn) ?? '';
}

/** Where all of it is. */
const whereOf = (url: string | undefined): string =>
  url === undefined ? 'the log of its session' : `[the session's page](${url})`;

/** What was done, folded: the plan of a turn that is over, the last steps, what they changed. */
function steps(turn: TurnView, url: string | undefined): string {
  const calls = turn.parts.flatMap((part) => {
    const call = part.type === 'tool_call' ? turn.toolCalls.get(part.toolCallId) : undefined;
    return call === undefined ? [] : [call];
  });
  const planned = turn.endedAt === null ? [] : turn.plan;
  const done = planned.filter(({ status }) => status === 'completed').length;
  const summary = [
    ...(planned.length === 0 ? [] : [`${done} of ${planned.length} planned`]),
    ...(calls.length === 0
      ? []
      : [`${count(calls.length)} ${calls.length === 1 ? 'step' : 'steps'}`]),
  ];
  if (summary.length === 0) return '';
  const earlier = calls.length - MOST_STEPS;
  const note = earlier > 0 ? `_${count(earlier)} earlier ones are in ${whereOf(url)}._` : '';
  const lines = calls.slice(-MOST_STEPS).map(stepLine).join('\n');
  const inside = [plan(planned), note, lines, diffs(calls)].filter((part) => part !== '');
  return `<details>\n<summary>${summary.join(' · ')}</summary>\n\n${inside.join('\n\n')}\n\n</details>`;
}

function stepLine(call: ToolCall): string {
  const icon = KINDS[call.kind] ?? '🔧';
  const status = STATUS[call.status] ?? ` · ${prose(call.status, 20)}`;
  const stats = call.content.flatMap((part) => {
    if (part.type !== 'diff') return [];
    const { added, removed } = diffLines(part);
    return [` +${added} −${removed}`];
  });
  return `- ${icon} ${code(call.command ?? (call.title || call.kind))}${stats.join('')}${status}`;
}

function diffs(calls: readonly ToolCall[]): string {
  let left: number = DIFF_LINES.all;
  let leftOut = 0;
  const out: string[] = [];
  for (const part of calls.flatMap(({ content }) => content)) {
    if (part.type !== 'diff') continue;
    if (left <= 0) {
      leftOut += 1;
      continue;
    }
    const limit = Math.min(DIFF_LINES.each, left);
    out.push(renderDiff(part, limit).markdown);
    left -= Math.min(limit, diffLines(part).lines.length);
  }
  if (leftOut > 0) out.push(`_${leftOut} more diffs are not shown here._`);
  return out.join('\n\n');
}

function footer({ endedAt, usage }: TurnView): string {
  const text = endedAt === null ? '' : prose(usageText(usage));
  return text === '' ? '' : `<sub>${text}</sub>`;
}
