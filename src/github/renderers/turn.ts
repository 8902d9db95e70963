/**
 * One turn as a comment: header line, plan, answer, folded steps, footer. Nothing in it moves with
 * the time while the agent works: an edit must be worth its call.
 */
import type { PlanEntry, ToolCall, TurnState, TurnView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { errorText } from '../../core/transcript/plain.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import { elapsed, turnText } from '../../core/transcript/text.ts';
import { earlyEnd, placeInLine, usageText } from '../../core/transcript/words.ts';
import { renderDiff } from './diff.ts';
import { code, neutralMarkdown, prose } from './neutral.ts';
import { splitComment } from './split.ts';

type View = Extract<ResolvedView, { kind: 'turn' }>;

const STATES: Readonly<Record<TurnState, string>> = {
  queued: '🕓 queued',
  preparing: '📦 preparing environment',
  working: '⏳ working',
  waiting: '✋ waiting for you',
  stopping: '🛑 stopping',
  done: '✅ done',
  failed: '❌ failed',
  stopped: '🛑 stopped',
  interrupted: '⚠️ interrupted',
  cancelled: '🚫 cancelled',
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

const STATUS: Readonly<Record<string, string>> = {
  pending: 'waiting',
  in_progress: 'running',
  completed: 'done',
};

const STALLED_MS = 60_000;
/** All diffs of a turn together; each is capped too. */
const DIFF_LINES = { each: 80, all: 400 } as const;

/** `url`: the session's own page, when people can reach it. */
export function renderTurn(
  view: View,
  now: number,
  url: string | undefined,
): readonly [string, ...string[]] {
  const { turn } = view;
  const blocks = [
    header(view, now, url),
    turn.actor.surface === 'github' ? '' : origin(turn),
    plan(turn.plan),
    neutralMarkdown(turnText(turn)),
    ...notices(turn),
    ending(turn),
    steps(turn),
    footer(turn),
  ];
  const where = url === undefined ? 'the log of its session' : `[the session's page](${url})`;
  return splitComment(
    blocks.filter((part) => part.trim() !== '').join('\n\n'),
    (left) => `_${left.toLocaleString('en-US')} more characters are in ${where}._`,
  );
}

function header({ turn, transcript }: View, now: number, url: string | undefined): string {
  const { state, startedAt, endedAt } = turn;
  const parts = [`**${prose(transcript.agentName, 60)}**`, STATES[state]];
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

function steps(turn: TurnView): string {
  const calls = turn.parts.flatMap((part) => {
    const call = part.type === 'tool_call' ? turn.toolCalls.get(part.toolCallId) : undefined;
    return call === undefined ? [] : [call];
  });
  if (calls.length === 0) return '';
  const count = `${calls.length} ${calls.length === 1 ? 'step' : 'steps'}`;
  const lines = calls.map(stepLine).join('\n');
  return `<details>\n<summary>${count}</summary>\n\n${lines}\n${diffs(calls)}\n</details>`;
}

function stepLine(call: ToolCall): string {
  const icon = KINDS[call.kind] ?? '🔧';
  const status = STATUS[call.status] ?? prose(call.status, 20);
  const stats = call.content.flatMap((part) => {
    if (part.type !== 'diff') return [];
    const { added, removed } = diffLines(part);
    return [` +${added} −${removed}`];
  });
  return `- ${icon} ${code(call.command ?? (call.title || call.kind))}${stats.join('')} ${status}`;
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
  return out.length === 0 ? '' : `\n${out.join('\n\n')}\n`;
}

function footer({ endedAt, usage }: TurnView): string {
  const text = endedAt === null ? '' : prose(usageText(usage));
  return text === '' ? '' : `<sub>${text}</sub>`;
}
