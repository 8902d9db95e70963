/**
 * A long Markdown text in pieces. Invariant: joined again they read as the whole did: a fence that
 * a piece ends inside of is closed there and opened again in the next one.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/** Pieces of at most `limit` characters; at least one. Breaks at paragraphs, lines, then anywhere. */
export function splitMarkdown(text: string, limit: number): readonly [string, ...string[]] {
  const pieces: string[] = [];
  let rest = text;
  let reopen = '';
  for (;;) {
    const head = reopen;
    if (head.length + rest.length <= limit) return withLast(pieces, head + rest);
    // Room for the line that may have to close a fence.
    const room = limit - head.length - 12;
    const at = breakAt(rest, room);
    const piece = head + rest.slice(0, at).replace(/\n+$/, '');
    const open = openFence(piece);
    pieces.push(open === null ? piece : `${piece}\n${open.mark}`);
    reopen = open === null ? '' : `${open.line}\n`;
    rest = open === null ? rest.slice(at).replace(/^\n+/, '') : rest.slice(at).replace(/^\n/, '');
  }
}

function withLast(pieces: readonly string[], last: string): readonly [string, ...string[]] {
  const [first, ...more] = pieces;
  return first === undefined ? [last] : [first, ...more, last];
}

/** Where to break within `room` characters, not too early. */
function breakAt(text: string, room: number): number {
  const window = text.slice(0, room);
  const early = Math.floor(room / 2);
  const paragraph = window.lastIndexOf('\n\n');
  if (paragraph >= early) return paragraph;
  const line = window.lastIndexOf('\n');
  if (line >= early) return line;
  const space = window.lastIndexOf(' ');
  if (space >= early) return space + 1;
  return /[\uD800-\uDBFF]$/.test(window) ? room - 1 : room;
}

/** The fence that is open at the end of the text, with the line that opened it. */
function openFence(text: string): { readonly mark: string; readonly line: string } | null {
  let open: { readonly mark: string; readonly line: string } | null = null;
  for (const line of text.split('\n')) {
    const [, mark = '', info = ''] = FENCE.exec(line) ?? [];
    if (mark === '') continue;
    if (open === null) open = { mark, line: line.slice(0, 80) };
    else if (mark.startsWith(open.mark) && info.trim() === '') open = null;
  }
  return open;
}
