/**
 * Text of others inside our comments. Invariant: whatever an agent writes, it notifies nobody,
 * leaves no reference on another issue, loads nothing from elsewhere and opens no HTML. What reads
 * as code stays as it is; where in doubt it is not code.
 */
import { hiddenCharacters } from '../../core/transcript/text.ts';

const ZERO_WIDTH = '\u200B';
/** Direction overrides and isolates make text read in another order than it has. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** The only HTML that agents may use, and only without attributes. */
const ALLOWED_TAG = /^<(?:\/?(?:details|summary)|br\s*\/?)>/i;

/** Prose without code in it. */
function neutralProse(text: string): string {
  return text
    .replace(DIRECTION, hiddenCharacters)
    .replace(/!\[(\]?)/g, (_, empty: string) => (empty === '' ? '[image: ' : '[image]'))
    .replace(/<(?=[A-Za-z/!?])/g, (_, at: number, whole: string) =>
      ALLOWED_TAG.test(whole.slice(at, at + 12)) ? '<' : '&lt;',
    )
    .replace(/(^|[^\p{L}\p{N}_])@(?=[A-Za-z0-9])/gu, `$1@${ZERO_WIDTH}`)
    .replace(/#(?=\d)/g, `#${ZERO_WIDTH}`)
    .replace(/\b(GH-)(?=\d)/gi, `$1${ZERO_WIDTH}`)
    .replace(
      /(https?:\/\/)(?:www\.)?github\.com(?=\/[^\s/]+\/[^\s/]+\/(?:issues|pull|discussions)\/\d)/gi,
      '$1redirect.github.com',
    );
}

interface Fence {
  readonly mark: string;
  readonly length: number;
}

/** The fence that a line opens, `inside` spaces deep in a list; undefined: none. */
export function opensFence(line: string, inside = 0): Fence | undefined {
  const [, indent = '', run = '', info = ''] = /^( *)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (run === '' || indent.length < inside || indent.length - inside > 3) return undefined;
  if (run.startsWith('`') && info.includes('`')) return undefined;
  return { mark: run.slice(0, 1), length: run.length };
}

export function closesFence(line: string, fence: Fence): boolean {
  const text = line.trim();
  return text.length >= fence.length && text.replaceAll(fence.mark, '') === '';
}

/** Agent Markdown that can stand in a comment of ours. */
export function neutralMarkdown(text: string): string {
  let fence: Fence | undefined;
  let inside = 0;
  /** A line of this paragraph had a backtick without its partner: nothing after it is code. */
  let unsure = false;
  const lines = text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => {
      if (fence !== undefined) {
        if (closesFence(line, fence)) fence = undefined;
        return line;
      }
      if (line.trim() === '') {
        unsure = false;
        return '';
      }
      inside = listDepth(line, inside);
      fence = opensFence(line, inside);
      if (fence !== undefined) return line;
      const pieces = unsure ? undefined : codeSpans(line);
      if (pieces === undefined) {
        unsure = true;
        return neutralProse(line);
      }
      return pieces.map((piece, index) => (index % 2 === 1 ? piece : neutralProse(piece))).join('');
    });
  if (fence !== undefined) lines.push(fence.mark.repeat(fence.length));
  return balanced(lines.join('\n'));
}

function listDepth(line: string, before: number): number {
  const indent = line.length - line.trimStart().length;
  const item = /^ *(?:[-*+]|\d{1,9}[.)]) +/.exec(line);
  if (item !== null && indent <= before + 3) return item[0].length;
  return indent >= before ? before : 0;
}

/** Prose and code in turns, beginning with prose; undefined when the line's backticks do not pair. */
function codeSpans(line: string): string[] | undefined {
  const pieces: string[] = [];
  let from = 0;
  const runs = [...line.matchAll(/(\\*)(`+)/g)].map((found) => ({
    at: found.index + (found[1] ?? '').length,
    run: found[2] ?? '',
    escaped: (found[1] ?? '').length % 2 === 1,
  }));
  for (let index = 0; index < runs.length; index += 1) {
    const opener = runs[index];
    if (opener === undefined || opener.escaped) return undefined;
    const close = runs.findIndex((one, at) => at > index && one.run.length === opener.run.length);
    const end = runs[close];
    if (end === undefined) return undefined;
    pieces.push(line.slice(from, opener.at), line.slice(opener.at, end.at + end.run.length));
    from = end.at + end.run.length;
    index = close;
  }
  return [...pieces, line.slice(from)];
}

/** Every `<details>` is closed, and none is closed that was not opened. Fences were closed before. */
function balanced(text: string): string {
  let depth = 0;
  let fence: Fence | undefined;
  const lines = text.split('\n').map((line) => {
    if (fence !== undefined) {
      if (closesFence(line, fence)) fence = undefined;
      return line;
    }
    fence = opensFence(line, line.length - line.trimStart().length);
    if (fence !== undefined) return line;
    return line.replace(/<(\/?)details>/gi, (tag, slash: string) => {
      if (slash === '') depth += 1;
      else if (depth === 0) return `&lt;${tag.slice(1)}`;
      else depth -= 1;
      return tag;
    });
  });
  return [...lines, ...Array<string>(depth).fill('\n</details>')].join('\n');
}

/** Any text as one piece of code on one line; what cannot be seen is shown. */
export function code(text: string, limit = 160): string {
  const line = hiddenCharacters(text.replace(/\s+/g, ' ').trim());
  const shown = line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
  if (shown === '') return '` `';
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return ticks + pad + shown + pad + ticks;
}

/** Any text as a block of code that cannot end early. */
export function block(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

/** Any text as plain prose on one line. */
export function prose(text: string, limit = 300): string {
  const line = hiddenCharacters(text.replace(/\s+/g, ' ').trim());
  const shown = line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
  return neutralProse(shown.replace(/[\\`*_~[\]|]/g, '\\$&').replaceAll('<', '&lt;'));
}
