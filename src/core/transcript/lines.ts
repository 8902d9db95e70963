/**
 * Markdown line by line, as far as it must be known where code is: which lines are fenced, in which
 * list item they stand, and how sure that is. Invariant: a line that is called code is code for every
 * reader of CommonMark, or it is marked as unsure. Pure, one pass.
 */

export interface Fence {
  readonly mark: string;
  readonly length: number;
  /** Columns before the fence. */
  readonly indent: number;
  /** Columns at which its list item's contents begin; 0: in none. */
  readonly inside: number;
  /** Whether every reader sees it as one. */
  readonly sure: boolean;
  /** The line that opened it, without its indent. */
  readonly line: string;
}

export interface Line {
  readonly text: string;
  readonly kind: 'prose' | 'blank' | 'open' | 'code' | 'close';
  /** It is not in the text: it closes a fence that nothing in the text closes. */
  readonly isAdded?: true;
  /** The fence that the line opens, is in, or closes. */
  readonly fence?: Fence;
}

/** With spaces for tabs, which go to the next multiple of four. */
function expanded(line: string): string {
  if (!line.includes('\t')) return line;
  const [first = '', ...more] = line.split('\t');
  return more.reduce((done, piece) => `${done}${' '.repeat(4 - (done.length % 4))}${piece}`, first);
}

/** Columns of white space at the beginning. */
export function indentOf(line: string): number {
  const text = expanded(line);
  return text.length - text.trimStart().length;
}

const ITEM = /^(?:[-*+]|\d{1,9}[.)])(?: +|$)/;

/** What closes the fence. */
export const closing = ({ mark, length, indent }: Fence): string =>
  ' '.repeat(indent) + mark.repeat(length);

interface Place {
  /** Columns at which the contents of the open list items begin. */
  readonly items: number[];
  /** A paragraph may have gone on to the left of its list item. */
  doubt: boolean;
  afterBlank: boolean;
  /** The innermost item has nothing in it yet: an empty line ends it. */
  isEmpty: boolean;
}

/**
 * The lines of a text. A fence that ends otherwise than by its own closing line (its list item ends,
 * or a closing line stands too far to the left) gets one; so does one that is left open.
 */
export function linesOf(text: string): readonly Line[] {
  const out: Line[] = [];
  const place: Place = { items: [], doubt: false, afterBlank: true, isEmpty: false };
  let fence: Fence | undefined;
  for (const line of text.split('\n')) {
    if (fence === undefined) {
      const [kind, opened]: readonly [Line['kind'], Fence?] = look(place, line);
      fence = opened;
      out.push(opened === undefined ? { text: line, kind } : { text: line, kind, fence: opened });
      continue;
    }
    const left = fence.sure ? fence.inside : fence.indent;
    const isLeft = line.trim() !== '' && indentOf(line) < left;
    if (!isLeft) {
      const ends = closes(line, fence);
      out.push({ text: line, kind: ends ? 'close' : 'code', fence });
      if (ends) fence = undefined;
      continue;
    }
    const end: Line = { text: closing(fence), kind: 'close', fence };
    const isEnd = closes(line.trim(), { ...fence, inside: 0 });
    out.push(isEnd ? end : { ...end, isAdded: true });
    fence = undefined;
    if (isEnd) continue;
    const [kind, opened] = look(place, line);
    fence = opened;
    out.push(opened === undefined ? { text: line, kind } : { text: line, kind, fence: opened });
  }
  if (fence !== undefined) {
    out.push({ text: closing(fence), kind: 'close', fence, isAdded: true });
  }
  return out;
}

function look(place: Place, text: string): readonly [Line['kind'], Fence?] {
  const line = expanded(text);
  const { items } = place;
  if (line.trim() === '') {
    place.afterBlank = true;
    if (place.isEmpty) items.pop();
    place.isEmpty = false;
    return ['blank'];
  }
  let indent = indentOf(line);
  let rest = line.trimStart();
  const depth = items.length;
  while (indent < (items.at(-1) ?? 0)) items.pop();
  const isItem = ITEM.test(rest);
  // Neither an empty item nor one that does not begin a list can stand below a line of a paragraph.
  const mayBeText = isItem
    ? ITEM.exec(rest)?.[0] === rest || (depth === 0 && !/^(?:1\D|\D)/.test(rest))
    : items.length < depth;
  if (mayBeText && !place.afterBlank) place.doubt = true;
  else if (place.afterBlank && indent === 0) place.doubt = false;
  place.afterBlank = false;
  // Several items may begin on one line, and a fence after them.
  while (indent - (items.at(-1) ?? 0) <= 3) {
    const item = ITEM.exec(rest)?.[0];
    if (item === undefined) break;
    const isEmpty = rest.slice(item.length).trim() === '';
    const width = isEmpty || /^\S+ {5,}/.test(item) ? item.trimEnd().length + 1 : item.length;
    indent += width;
    rest = rest.slice(width);
    items.push(indent);
  }
  place.isEmpty = rest.trim() === '';
  const fence = fenceOf(rest, indent, place);
  return fence === undefined ? ['prose'] : ['open', fence];
}

function fenceOf(rest: string, indent: number, { items, doubt }: Place): Fence | undefined {
  const [, run = '', info = ''] = /^(`{3,}|~{3,})(.*)$/.exec(rest) ?? [];
  if (run === '' || (run.startsWith('`') && info.includes('`'))) return undefined;
  const inside = items.at(-1) ?? 0;
  if (indent - inside > 3) return undefined;
  const sure = indent === 0 || !doubt;
  return { mark: run.slice(0, 1), length: run.length, indent, inside, sure, line: rest };
}

function closes(line: string, fence: Fence): boolean {
  const text = line.trim();
  if (text.length < fence.length || text.replaceAll(fence.mark, '') !== '') return false;
  return indentOf(line) - fence.inside <= 3;
}
