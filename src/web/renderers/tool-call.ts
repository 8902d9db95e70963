/** A tool call as one folded line (icon, title, status), with what it read, ran or changed inside. */
import type { ToolCall, ToolContent } from '../../core/model/transcript.ts';
import { renderDiff, renderDiffStat } from './diff.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';
import { icon, type IconName } from './icon.ts';

/** Lines of a diff, and characters of output, shown in a thread before a note takes over. */
const DIFF_LINES = 200;
const OUTPUT_CHARACTERS = 20_000;

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

function renderOutput(text: string, className: string): Html {
  const rest = text.length - OUTPUT_CHARACTERS;
  const shown = showHidden(text.slice(0, OUTPUT_CHARACTERS), 'prose');
  return markup`<pre class="${className}" tabindex="0"><code>${shown}</code></pre>
    ${rest > 0 && markup`<p class="note">${rest} more characters are not shown here.</p>`}`;
}

function renderContent(content: ToolContent): Html | null {
  switch (content.type) {
    case 'diff':
      return renderDiff(content, DIFF_LINES);
    case 'text':
      return content.text.trim() === '' ? null : renderOutput(unfenced(content.text), 'output');
    case 'terminal':
      return content.output === '' ? null : renderOutput(stripAnsi(content.output), 'output');
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

/** `id` must be unique in the page: it keeps an opened call open while the message changes. */
export function renderToolCall(tool: ToolCall, id: string): Html {
  const status = STATUS[tool.status] ?? { icon: 'circle' as const, word: tool.status };
  const diff = tool.content.find((part) => part.type === 'diff');
  const command =
    tool.command !== undefined && tool.command !== toolTitle(tool)
      ? renderOutput(tool.command, 'command')
      : null;
  const inside = [command, renderLocations(tool), ...tool.content.map(renderContent)].filter(
    (part) => part !== null,
  );
  const line = markup`${kindIcon(tool.kind)}
    <span class="title" dir="auto">${showHidden(toolTitle(tool), 'prose')}</span>
    ${diff?.type === 'diff' && renderDiffStat(diff)}
    <span class="status">${icon(status.icon)}<span class="${tool.status === 'completed' ? 'sr-only' : 'word'}">${status.word}</span></span>`;
  if (inside.length === 0) {
    return markup`<div class="step" id="${id}" data-status="${tool.status}">${line}</div>`;
  }
  return markup`<details class="step" id="${id}" data-status="${tool.status}">
    <summary>${line}</summary>
    <div class="inside">${inside}</div>
  </details>`;
}
