/**
 * A long Markdown text in parts. Invariant: the bodies of the parts joined, and what is left, are the
 * text to the letter; each part alone is whole: fences and folds that it opens are closed in it and
 * opened again in the next, a table goes on under its header, a list with its next number.
 */
import { closing, indentOf, linesOf, type Fence, type Line } from './lines.ts';

export interface SplitOptions {
  /** Code units that a part may have, with `continues` and what is closed and opened again. */
  readonly limit: number;
  readonly most: number;
  /** First words of every part but the first; empty: none. */
  readonly continued: string;
  /** Last words of every part but the last; empty: none. */
  readonly continues: string;
}

export interface Part {
  /** As it is shown. */
  readonly text: string;
  /** What of the source it shows. */
  readonly body: string;
}

export interface Parts {
  readonly parts: readonly [Part, ...Part[]];
  /** Code units of the source that even the most parts do not hold. */
  readonly left: number;
}

/** What stands open at the end of a line. */
interface Open {
  readonly fence: Fence | undefined;
  /** Summaries of the open `<details>`, outermost first. */
  readonly folds: readonly string[];
  /** Header and delimiter of the table that goes on. */
  readonly table: string | undefined;
  /** Number that the next item of the numbered list at the margin has. */
  readonly next: number | undefined;
}

const NOTHING: Open = { fence: undefined, folds: [], table: undefined, next: undefined };
/** For what is closed at the end of a part. */
const RESERVE = 300;
/** Share of a part in which a good place to cut is looked for. */
const LOOK_BACK = 0.4;
const LONGEST_SUMMARY = 80;
const ROW = /^\s*\|?.*\|.*$/;
const DELIMITER = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const NUMBERED = /^(\d{1,9})([.)])(?=\s)/;

export function splitMarkdown(text: string, options: SplitOptions): Parts {
  const { limit, most, continued, continues } = options;
  if (text.length <= limit) return { parts: [{ text, body: text }], left: 0 };
  const parts: Part[] = [];
  let lines = sourceLines(text);
  let open = NOTHING;
  while (lines.length > 0 && parts.length < most) {
    const head = parts.length === 0 ? '' : reopened(open, continued, limit);
    const taken = take(lines, open, limit - head.length - RESERVE - continues.length);
    const body = taken.lines.map(({ source }) => source).join('');
    const { shown, shift } = parts.length === 0 ? { shown: body, shift: 0 } : goesOn(body, open);
    ({ open } = taken);
    lines = taken.rest;
    const isEnd = lines.length === 0;
    const end = closed(open, shift) + (continues === '' ? '' : `\n\n${continues}`);
    parts.push({ text: isEnd ? head + shown : head + shown.replace(/\s+$/, '') + end, body });
  }
  const [first = { text: '', body: '' }, ...more] = parts;
  return {
    parts: [first, ...more],
    left: lines.reduce((sum, { source }) => sum + source.length, 0),
  };
}

/** A line with what ends it. */
interface Source extends Line {
  readonly source: string;
}

function sourceLines(text: string): readonly Source[] {
  const sources = text.split(/(?<=\n)/);
  const lines = linesOf(text).filter(({ isAdded }) => isAdded !== true);
  return sources.map((source, at) => ({
    ...(lines[at] ?? { text: source, kind: 'prose' as const }),
    source,
  }));
}

interface Taken {
  readonly lines: readonly Source[];
  readonly rest: readonly Source[];
  readonly open: Open;
}

/** As many lines as fit, ended at the best place (see `worth`); of one that is too long its beginning. */
function take(lines: readonly Source[], from: Open, room: number): Taken {
  let open = from;
  let length = 0;
  let best: { readonly count: number; readonly open: Open; readonly worth: number } | undefined;
  for (const [index, { source }] of lines.entries()) {
    if (length + source.length > room) {
      if (index === 0) return brokenLine(lines, from, room);
      const at = best ?? { count: index, open };
      return { lines: lines.slice(0, at.count), rest: lines.slice(at.count), open: at.open };
    }
    length += source.length;
    open = after(open, lines, index);
    const value = worth(open, lines, index);
    if (length > room * (1 - LOOK_BACK) && (best === undefined || value >= best.worth)) {
      best = { count: index + 1, open, worth: value };
    }
  }
  return { lines, rest: [], open };
}

function brokenLine([line, ...more]: readonly Source[], open: Open, room: number): Taken {
  if (line === undefined) return { lines: [], rest: [], open };
  const at = within(line.source, room);
  const beginning = { ...line, source: line.source.slice(0, at) };
  return { lines: [beginning], rest: [{ ...line, source: line.source.slice(at) }, ...more], open };
}

/** How good it is to cut behind this line: 3 between blocks at the margin, 0 in the middle of one. */
function worth(open: Open, lines: readonly Source[], index: number): number {
  const next = lines[index + 1]?.text ?? '';
  if (open.fence !== undefined || open.table !== undefined || DELIMITER.test(next)) return 0;
  if (lines[index]?.kind !== 'blank') return 1;
  const before = lines
    .slice(Math.max(0, index - 3), index)
    .findLast(({ kind }) => kind !== 'blank');
  // A heading belongs to what follows it.
  if (/^ {0,3}#{1,6}\s/.test(before?.text ?? '')) return 1;
  return open.next !== undefined || indentOf(next) > 0 || open.folds.length > 0 ? 2 : 3;
}

function after(open: Open, lines: readonly Source[], index: number): Open {
  const line = lines[index];
  if (line === undefined) return open;
  const { kind, fence, text } = line;
  if (kind === 'open' || kind === 'code') return { ...open, fence, table: undefined };
  if (kind === 'close') return { ...open, fence: undefined };
  const folds = kind === 'prose' ? foldsAfter(open.folds, text) : open.folds;
  const table = tableAfter(open, lines, index);
  return { fence: undefined, folds, table, next: nextAfter(open, line) };
}

function foldsAfter(before: readonly string[], line: string): readonly string[] {
  const folds = [...before];
  for (const [tag, summary] of line.matchAll(/<details>|<\/details>|<summary>(.*?)<\/summary>/gi)) {
    if (/^<details/i.test(tag)) folds.push('');
    else if (/^<\/details/i.test(tag)) folds.pop();
    else if (folds.length > 0) folds[folds.length - 1] = summary ?? '';
  }
  return folds;
}

function tableAfter({ table }: Open, lines: readonly Source[], index: number): string | undefined {
  const { text = '', kind } = lines[index] ?? {};
  if (kind !== 'prose' || !ROW.test(text)) return undefined;
  if (table !== undefined) return table;
  const header = lines[index - 1];
  const isHeader = header?.kind === 'prose' && ROW.test(header.text);
  return isHeader && DELIMITER.test(text) ? `${header.text}\n${text}\n` : undefined;
}

function nextAfter({ next }: Open, { text, kind }: Source): number | undefined {
  if (kind === 'blank' || indentOf(text) > 0) return next;
  const [, number] = NUMBERED.exec(text) ?? [];
  if (number === undefined) return undefined;
  return next === undefined ? Number(number) + 1 : next + 1;
}

/** `shift`: how far the part stands to the left of its source. */
function closed({ fence, folds }: Open, shift: number): string {
  const end = fence && closing({ ...fence, indent: Math.max(0, fence.indent - shift) });
  return (end === undefined ? '' : `\n${end}`) + '\n\n</details>'.repeat(folds.length);
}

function reopened({ fence, folds, table = '' }: Open, continued: string, limit: number): string {
  const opened = folds.map((summary) => `<details>\n\n<summary>${again(summary)}</summary>\n\n`);
  const words = continued === '' ? '' : `${continued}\n\n`;
  // A header that takes so much room is left where it was.
  const header = table.length > limit / 4 ? '' : table;
  return words + opened.join('') + (fence === undefined ? header : `${fence.line}\n`);
}

function again(summary: string): string {
  const short = summary.length > LONGEST_SUMMARY ? '' : summary.replace(/ ?\(continued\)$/, '');
  return short === '' ? 'continued' : `${short} (continued)`;
}

/** At the margin of its own part: what stood in a list item loses its indent, a list its first number. */
function goesOn(body: string, { fence, next }: Open): { shown: string; shift: number } {
  const lines = body.split('\n');
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const margin = fence === undefined ? indentOf(first) : fence.indent;
  if (margin === 0) {
    const isItem = fence === undefined && next !== undefined && NUMBERED.test(first);
    return { shown: isItem ? body.replace(/^(\s*)\d+/, `$1${next}`) : body, shift: 0 };
  }
  const end = lines.findIndex((line) => line.trim() !== '' && indentOf(line) < margin);
  const shown = lines.map((line, at) => {
    const space = Math.min(margin, line.length - line.trimStart().length);
    return end === -1 || at < end ? line.slice(space) : line;
  });
  return { shown: shown.join('\n'), shift: end === -1 ? margin : 0 };
}

/** Where to cut a line that no part could hold: at a space if there is one, never within a character. */
function within(line: string, room: number): number {
  const space = line.lastIndexOf(' ', room - 1) + 1;
  if (space > room * (1 - LOOK_BACK)) return space;
  return /[\uD800-\uDBFF]/.test(line.charAt(room - 1)) ? room - 1 : room;
}
