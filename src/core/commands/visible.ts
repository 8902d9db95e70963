/**
 * The part of a message in which a person speaks to us: quotes, code and HTML comments are blanked
 * out, the rest keeps its place, so an index into the result is an index into the text. Linear in
 * the length of the text, whatever is in it.
 */

/** Stands for a code unit of code: neither space nor letter, so it ends words and is not empty. */
export const CODE = '\uFFFC';
/** Quotes and comments are nothing of the person's own: they read as space. */
const NOTHING = ' ';

const FENCE = / {0,3}(`{3,}(?=[^`\n]*(?:\n|$))|~{3,})/y;
const QUOTE = / {0,3}>/y;
const INDENTED = / {4}| {0,3}\t/y;
const LIST_ITEM = / {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]/y;
const INLINE = /`+|\n|<!--/g;

export function visibleText(text: string): string {
  const blanked = blanker(text);
  const closing = codeSpanEnds(text);
  let at = 0;
  let afterBlank = true;
  let inList = false;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const block = blockEnd(text, at, afterBlank && !inList);
    if (block !== null) {
      blanked.hide(at, block.end, block.filler);
      at = block.end;
      continue;
    }
    inList ||= matches(LIST_ITEM, text, at);
    afterBlank = text.slice(at, end).trim() === '';
    at = inlineEnd(text, at, closing, blanked);
  }
  return blanked.result();
}

function blanker(text: string): {
  hide(from: number, to: number, filler: string): void;
  result(): string;
} {
  const pieces: string[] = [];
  let done = 0;
  return {
    hide(from, to, filler) {
      pieces.push(text.slice(done, from), text.slice(from, to).replace(/[^\n]/g, filler));
      done = to;
    },
    result: () => pieces.join('') + text.slice(done),
  };
}

function matches(sticky: RegExp, text: string, at: number): boolean {
  sticky.lastIndex = at;
  return sticky.test(text);
}

/** Index after the line feed that ends the line. */
function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found === -1 ? text.length : found + 1;
}

/** Where the code block or quoted line that starts here ends; null: an ordinary line. */
function blockEnd(
  text: string,
  at: number,
  mayIndent: boolean,
): { readonly end: number; readonly filler: string } | null {
  FENCE.lastIndex = at;
  const fence = FENCE.exec(text)?.[1];
  if (fence !== undefined) return { end: fenceEnd(text, at, fence), filler: CODE };
  if (matches(QUOTE, text, at)) return { end: lineEnd(text, at), filler: NOTHING };
  if (!mayIndent || !matches(INDENTED, text, at)) return null;
  const end = lineEnd(text, at);
  return text.slice(at, end).trim() === '' ? null : { end, filler: CODE };
}

/** An open fence runs to the end of the text. */
function fenceEnd(text: string, start: number, fence: string): number {
  const mark = fence.slice(0, 1);
  for (let at = lineEnd(text, start); at < text.length; at = lineEnd(text, at)) {
    const line = text.slice(at, lineEnd(text, at));
    const closing = line.trim();
    const indent = line.length - line.trimStart().length;
    if (indent > 3 || !closing.startsWith(fence)) continue;
    if (closing.replaceAll(mark, '') === '') return lineEnd(text, at);
  }
  return text.length;
}

/** Hides spans and comments of this line; gives where the next line starts. */
function inlineEnd(
  text: string,
  start: number,
  closing: (run: string, at: number) => number,
  blanked: { hide(from: number, to: number, filler: string): void },
): number {
  INLINE.lastIndex = start;
  for (let found = INLINE.exec(text); found !== null; found = INLINE.exec(text)) {
    const [mark] = found;
    const at = found.index;
    if (mark === '\n') return at + 1;
    if (mark === '<!--') {
      const close = text.indexOf('-->', at + 2);
      const end = close === -1 ? text.length : close + 3;
      blanked.hide(at, end, NOTHING);
      INLINE.lastIndex = end;
      continue;
    }
    const end = closing(mark, at);
    if (end === -1) continue;
    blanked.hide(at, end, CODE);
    INLINE.lastIndex = end;
  }
  return text.length;
}

/**
 * Where the code span that a run of backticks opens ends: after the next run of the same length in
 * the same paragraph, or -1. Asked in ascending order, so each list is walked once.
 */
function codeSpanEnds(text: string): (run: string, at: number) => number {
  const runs = new Map<number, number[]>();
  for (const found of text.matchAll(/`+/g)) {
    const { length } = found[0];
    const known = runs.get(length);
    if (known === undefined) runs.set(length, [found.index]);
    else known.push(found.index);
  }
  const walked = new Map<number, number>();
  const paragraphEnd = paragraphEnds(text);
  return (run, at) => {
    const places = runs.get(run.length) ?? [];
    let next = walked.get(run.length) ?? 0;
    while ((places[next] ?? text.length) <= at) next += 1;
    walked.set(run.length, next);
    const place = places[next];
    return place === undefined || place >= paragraphEnd(at) ? -1 : place + run.length;
  };
}

/** Where the paragraph around an index ends; asked in ascending order. */
function paragraphEnds(text: string): (at: number) => number {
  const end = /\n[ \t]*(?:\r?\n|>|```|~~~)/g;
  let known = -1;
  return (at) => {
    if (at < known) return known;
    end.lastIndex = at;
    known = end.exec(text)?.index ?? text.length;
    return known;
  };
}
