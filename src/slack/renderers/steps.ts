/**
 * Plan and tool calls of a turn. While it goes on, one line each: an edit folds Slack's own plan
 * block every time (node-slack-sdk#2701), so that is for a turn that has ended.
 */
import type { KnownBlock } from '@slack/types';
import type { PlanEntry, ToolCall, TurnView } from '../../core/model/transcript.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import { mrkdwnSection, preformatted, type StreamTask } from './body.ts';
import { plainLine, plainText } from './mrkdwn.ts';

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

/** Plan and steps as Slack's own blocks, which fold; everything in them is plain text. */
export function planBlocks(turn: TurnView): readonly KnownBlock[] {
  const entries = turn.plan.slice(0, VISIBLE_ENTRIES).map(({ content, status }, index): Card => ({
    task_id: `plan ${index}`,
    title: plainText(clipped(content)) || '…',
    // Nothing is in progress any more: it would turn for ever.
    status: status === 'completed' ? 'complete' : 'pending',
  }));
  const calls = toolCallsOf(turn);
  const steps = calls.slice(-VISIBLE_STEPS).map(cardOf).map(withoutOldOutput);
  const done = turn.plan.filter(({ status }) => status === 'completed').length;
  const earlier = calls.length > steps.length ? `, the last ${steps.length} here` : '';
  return [
    ...planBlock(`Plan: ${done} of ${turn.plan.length} done`, entries),
    ...planBlock(`${calls.length} ${calls.length === 1 ? 'step' : 'steps'}${earlier}`, steps),
  ];
}

/** The same for a workspace that knows no such blocks; all others stay as they are. */
export function withoutPlans(blocks: readonly KnownBlock[]): readonly KnownBlock[] {
  return blocks.map((block) => {
    if (block.type !== 'plan') return block;
    const lines = (block.tasks ?? []).map(
      ({ title, status }) => `${CARD_MARKS[String(status)] ?? '▫️'} ${plainLine(String(title))}`,
    );
    return mrkdwnSection([`*${plainLine(block.title)}*`, ...lines].join('\n'));
  });
}

interface Card {
  readonly task_id: string;
  readonly title: string;
  readonly status: StreamTask['status'];
  readonly output?: ReturnType<typeof preformatted> | undefined;
}

const CARD_MARKS: Readonly<Record<string, string>> = {
  pending: '▫️',
  in_progress: '▶️',
  complete: '✅',
  error: '❌',
};

const planBlock = (title: string, cards: readonly Card[]): readonly KnownBlock[] =>
  cards.length === 0
    ? []
    : [{ type: 'plan', title, tasks: cards.map((card) => ({ type: 'task_card', ...card })) }];

/** What a failed step said last; only of the newest steps, for Slack's limit over all blocks. */
const LONGEST_OUTPUT = 300;
const WITH_OUTPUT = 3;

function withoutOldOutput(card: Card, index: number, cards: readonly Card[]): Card {
  return index >= cards.length - WITH_OUTPUT ? card : { ...card, output: undefined };
}

function cardOf(tool: ToolCall, index: number): Card {
  const mark = KIND_MARKS[tool.kind] ?? '🔧';
  const output = tool.status === 'failed' ? outputOf(tool).slice(-LONGEST_OUTPUT) : '';
  return {
    task_id: `call ${index}`,
    title: `${mark} ${plainText(clipped(titleOf(tool)))}${statOf(tool)}`,
    status: TASK_STATUS[tool.status] ?? 'in_progress',
    ...(output === '' ? {} : { output: preformatted(output) }),
  };
}

const outputOf = ({ content }: ToolCall): string =>
  content
    .flatMap((part) =>
      part.type === 'text' ? [part.text] : part.type === 'terminal' ? [part.output] : [],
    )
    .join('\n')
    .replace(/^\s*```[^\n]*\n|\n```\s*$/g, '')
    .trim();

/** What the agent calls it; never empty. */
export const titleOf = (tool: ToolCall): string =>
  tool.title.replace(/\s+/g, ' ').trim() || (tool.command ?? tool.kind);

function stepLine(tool: ToolCall): string {
  const status = STATUS_WORDS[tool.status] ?? tool.status;
  const mark = KIND_MARKS[tool.kind] ?? '🔧';
  return `${mark} ${plainLine(clipped(titleOf(tool)))}${statOf(tool)} · ${plainLine(status)}`;
}

function statOf({ content }: ToolCall): string {
  const diff = content.find((part) => part.type === 'diff');
  return diff === undefined ? '' : ` +${diffLines(diff).added} −${diffLines(diff).removed}`;
}

/** Plan and tool calls as a native stream shows them. */
export function tasksOf(turn: TurnView): readonly StreamTask[] {
  const plan = turn.plan.slice(0, VISIBLE_ENTRIES).map(({ content, status }, index) => ({
    id: `plan ${index}`,
    title: clipped(content),
    status: TASK_STATUS[status] ?? 'pending',
  }));
  const calls = toolCallsOf(turn).map((tool) => ({
    // At most 256 characters, as every text of a chunk.
    id: `call ${tool.toolCallId}`.slice(0, 200),
    title: clipped(titleOf(tool)),
    status: TASK_STATUS[tool.status] ?? 'in_progress',
  }));
  return [...plan, ...calls];
}
