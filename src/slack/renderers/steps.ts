/** Plan and tool calls of a turn, one line each. */
import type { PlanEntry, ToolCall, TurnView } from '../../core/model/transcript.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import type { StreamTask } from './body.ts';
import { plainLine } from './mrkdwn.ts';

/** Steps that stay visible; earlier ones are counted. */
const VISIBLE_STEPS = 8;
const VISIBLE_ENTRIES = 20;
const LONGEST_LINE = 140;

const PLAN_MARKS: Readonly<Record<string, string>> = {
  completed: '✅',
  in_progress: '▶️',
  pending: '▫️',
};

const KIND_MARKS: Readonly<Record<string, string>> = {
  read: '📖',
  edit: '📝',
  delete: '🗑️',
  move: '🚚',
  search: '🔎',
  execute: '💻',
  think: '💭',
  fetch: '🌐',
  switch_mode: '🔀',
};

const STATUS_WORDS: Readonly<Record<string, string>> = {
  pending: 'waiting',
  in_progress: 'running',
  completed: '✓',
  failed: '✗ failed',
  cancelled: 'cancelled',
};

const TASK_STATUS: Readonly<Record<string, StreamTask['status']>> = {
  pending: 'pending',
  in_progress: 'in_progress',
  completed: 'complete',
  failed: 'error',
  cancelled: 'error',
};

const clipped = (text: string): string =>
  text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;

export function planLines(plan: readonly PlanEntry[]): string {
  const lines = plan
    .slice(0, VISIBLE_ENTRIES)
    .map(({ status, content }) => `${PLAN_MARKS[status] ?? '▫️'} ${plainLine(clipped(content))}`);
  const rest = plan.length - lines.length;
  return [...lines, ...(rest > 0 ? [`_and ${rest} more_`] : [])].join('\n');
}

/** Tool calls in the order in which they appeared. */
export function toolCallsOf(turn: TurnView): readonly ToolCall[] {
  return turn.parts.flatMap((part) => {
    const tool = part.type === 'tool_call' ? turn.toolCalls.get(part.toolCallId) : undefined;
    return tool === undefined ? [] : [tool];
  });
}

export function stepLines(turn: TurnView): string {
  const calls = toolCallsOf(turn);
  const shown = calls.slice(-VISIBLE_STEPS);
  const earlier = calls.length - shown.length;
  const note = earlier > 0 ? [`_${earlier} earlier ${earlier === 1 ? 'step' : 'steps'}_`] : [];
  return [...note, ...shown.map(stepLine)].join('\n');
}

/** What the agent calls it; never empty. */
export const titleOf = (tool: ToolCall): string =>
  tool.title.replace(/\s+/g, ' ').trim() || (tool.command ?? tool.kind);

function stepLine(tool: ToolCall): string {
  const status = STATUS_WORDS[tool.status] ?? tool.status;
  const diff = tool.content.find((part) => part.type === 'diff');
  const stat = diff === undefined ? '' : ` +${diffLines(diff).added} −${diffLines(diff).removed}`;
  const mark = KIND_MARKS[tool.kind] ?? '🔧';
  return `${mark} ${plainLine(clipped(titleOf(tool)))}${stat} · ${plainLine(status)}`;
}

/** Plan and tool calls as a native stream shows them. */
export function tasksOf(turn: TurnView): readonly StreamTask[] {
  const plan = turn.plan.slice(0, VISIBLE_ENTRIES).map(({ content, status }, index) => ({
    id: `plan ${index}`,
    title: clipped(content),
    status: TASK_STATUS[status] ?? 'pending',
  }));
  const calls = toolCallsOf(turn).map((tool) => ({
    id: `call ${tool.toolCallId}`,
    title: clipped(titleOf(tool)),
    status: TASK_STATUS[tool.status] ?? 'in_progress',
  }));
  return [...plan, ...calls];
}
