/**
 * A tool call as one folded line (icon, title, status), with what it read, ran or changed inside.
 * Invariant: what is not shown is counted and said, and said where it can be read.
 */
import type { ToolCall, ToolContent } from '../../core/model/transcript.ts';
import { renderDiff, renderDiffStat } from './diff.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';
import { icon, type IconName } from './icon.ts';

/** How much of a call is shown. */
export interface Extent {
  readonly diffLines: number;
  readonly outputCharacters: number;
  /** The raw input too, where it says more than the command. */
  readonly input: boolean;
  /** Where the rest is. */
  readonly wholeUrl: string;
}

/** In a thread, before a note takes over. */
export const excerpt = (wholeUrl: string): Extent => ({
  diffLines: 200,
  outputCharacters: 20_000,
  input: false,
  wholeUrl,
});
export const WHOLE: Extent = {
  diffLines: Infinity,
  outputCharacters: Infinity,
  input: true,
  wholeUrl: '',
};

const KIND_ICONS: Readonly<Record<string, IconName>> = {
  read: 'read',
  edit: 'edit',
  delete: 'delete',
  move: 'move',
  search: 'search',
  execute: 'execute',
  think: 'think',
  fetch: 'fetch',
  switch_mode: 'mode',
};

const STATUS: Readonly<Record<string, { readonly icon: IconName; readonly word: string }>> = {
  pending: { icon: 'clock', word: 'waiting' },
  in_progress: { icon: 'dots', word: 'running' },
  completed: { icon: 'check', word: 'done' },
  failed: { icon: 'cross', word: 'failed' },
  cancelled: { icon: 'stop', word: 'cancelled' },
};

export function kindIcon(kind: string): Html {
  return icon(KIND_ICONS[kind] ?? 'tool');
}

/** What the agent calls it, on one line; never empty. */
function toolTitle(tool: ToolCall): string {
  return tool.title.replace(/\s+/g, ' ').trim() || tool.command || tool.kind;
}

function renderOutput(text: string, className: string, extent: Extent): Html {
  const rest = text.length - extent.outputCharacters;
  const shown = showHidden(rest > 0 ? text.slice(0, extent.outputCharacters) : text, 'prose');
  return markup`<pre class="${className}" tabindex="0"><code>${shown}</code></pre>
    ${rest > 0 && markup`<p class="note">${rest} more characters are on <a href="${extent.wholeUrl}">the session page</a>.</p>`}`;
}

function renderContent(content: ToolContent, extent: Extent): Html | null {
  switch (content.type) {
    case 'diff':
      return renderDiff(content, extent.diffLines, extent.wholeUrl);
    case 'text':
      return content.text.trim() === ''
        ? null
        : renderOutput(unfenced(content.text), 'output', extent);
    case 'terminal':
      return content.output === ''
        ? null
        : renderOutput(stripAnsi(content.output), 'output', extent);
    case 'other':
      return markup`<p class="note">Not shown: ${content.label}</p>`;
  }
}

/** Agents fence their tools' output as Markdown; in a box of its own the fence is noise. */
function unfenced(text: string): string {
  return /^\s*(`{3,})[^\n`]*\n([\s\S]*?)\n?\1\s*$/.exec(text)?.[2] ?? text;
}

/** Terminal colours mean nothing in a page, and their escape bytes would be shown as hidden. */
function stripAnsi(text: string): string {
  return text.replace(
    /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\r(?=\n)/g,
    '',
  );
}

function renderLocations(tool: ToolCall): Html | null {
  const diffed = new Set(tool.content.map((part) => (part.type === 'diff' ? part.path : '')));
  const places = tool.locations.filter(({ path }) => !diffed.has(path));
  if (places.length === 0) return null;
  const items = places.map(
    ({ path, line }) =>
      markup`<li>${showHidden(line === undefined ? path : `${path}:${line}`, 'code')}</li>`,
  );
  return markup`<ul class="locations">
    ${items}
  </ul>`;
}

/** Null when it only repeats the command. */
function renderRawInput({ input, command }: ToolCall): Html | null {
  if (input === undefined) return null;
  const repeated = command !== undefined && Object.keys(input).every((key) => key === 'command');
  return repeated ? null : inputBox(JSON.stringify(input, null, 2));
}

const inputBox = (text: string): Html =>
  markup`<p class="label">Input</p><pre class="command" tabindex="0"><code>${showHidden(text, 'code')}</code></pre>`;

/** What is behind the line of a call; empty when the line says all. */
export function renderInside(tool: ToolCall, extent: Extent): readonly Html[] {
  const command =
    tool.command !== undefined && tool.command !== toolTitle(tool)
      ? renderOutput(tool.command, 'command', extent)
      : null;
  const parts = [
    command,
    extent.input ? renderRawInput(tool) : null,
    renderLocations(tool),
    ...tool.content.map((part) => renderContent(part, extent)),
  ];
  return parts.filter((part) => part !== null);
}

/** `id` must be unique in the page: it keeps an opened call open while the message changes. */
export function renderToolCall(tool: ToolCall, id: string, inside: Html | null): Html {
  const status = STATUS[tool.status] ?? { icon: 'circle' as const, word: tool.status };
  const diff = tool.content.find((part) => part.type === 'diff');
  const line = markup`${kindIcon(tool.kind)}
    <span class="title" dir="auto">${showHidden(toolTitle(tool), 'prose')}</span>
    ${diff?.type === 'diff' && renderDiffStat(diff)}
    <span class="status">${icon(status.icon)}<span class="${tool.status === 'completed' ? 'sr-only' : 'word'}">${status.word}</span></span>`;
  if (inside === null) {
    return markup`<div class="step" id="${id}" data-status="${tool.status}">${line}</div>`;
  }
  return markup`<details class="step" id="${id}" data-status="${tool.status}">
    <summary>${line}</summary>
    ${inside}
  </details>`;
}
