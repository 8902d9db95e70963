/**
 * A long text in several comments. Invariant: each piece is within the limit and whole by itself:
 * fences and `<details>` that it opens are closed in it, and opened again in the next one.
 */
import { closesFence, opensFence } from './neutral.ts';

/** GitHub takes 65,536 characters; the rest is for our marker and the words around a cut. */
export const PIECE_LIMIT = 64_000;
export const MOST_PIECES = 5;

interface Open {
  /** The line that opened the fence, and what closes it. */
  readonly fence: { readonly line: string; readonly close: string } | undefined;
  /** Depth of `<details>`. */
  readonly details: number;
}

const NOTHING: Open = { fence: undefined, details: 0 };
const CONTINUES = '\n\n_Continued in the next comment._';
const CONTINUED = '_Continued from the comment before._';
/** Share of a piece in which a good place to cut is looked for. */
const LOOK_BACK = 0.3;

/** `rest`: said at the end when even the most pieces do not hold it. */
export function splitMarkdown(
  text: string,
  rest: (characters: number) => string,
  limit = PIECE_LIMIT,
): readonly [string, ...string[]] {
  const pieces: string[] = [];
  let lines = text.split('\n').flatMap((line) => shortLines(line, Math.floor(limit / 4)));
  let open = NOTHING;
  while (lines.length > 0) {
    const head = pieces.length === 0 ? '' : `${CONTINUED}\n\n${reopened(open)}`;
    const budget = limit - head.length - 400;
    const taken = take(lines, open, budget);
    const body = lines.slice(0, taken.count).join('\n');
    lines = lines.slice(taken.count);
    ({ open } = taken);
    const left = lines.join('\n');
    if (left.trim() === '') return nonEmpty([...pieces, head + body]);
    const isLast = pieces.length === MOST_PIECES - 1;
    const end = isLast ? `\n\n${rest(left.length)}` : CONTINUES;
    pieces.push(head + body + closed(open) + end);
    if (isLast) break;
  }
  return nonEmpty(pieces);
}

const nonEmpty = ([first = '', ...rest]: readonly string[]): readonly [string, ...string[]] => [
  first,
  ...rest,
];

/** As many lines as fit, ended at the best place: an empty line outside code, else any line. */
function take(
  lines: readonly string[],
  from: Open,
  budget: number,
): { readonly count: number; readonly open: Open } {
  let open = from;
  let size = 0;
  let best: { readonly count: number; readonly open: Open } | undefined;
  for (const [index, line] of lines.entries()) {
    size += line.length + 1;
    if (size > budget && index > 0) return best ?? { count: index, open };
    open = after(open, line);
    const isGood = line.trim() === '' && open.fence === undefined;
    if (isGood && size > budget * (1 - LOOK_BACK)) best = { count: index + 1, open };
  }
  return { count: lines.length, open };
}

function after(open: Open, line: string): Open {
  const { fence, details } = open;
  const indent = line.length - line.trimStart().length;
  if (fence !== undefined) {
    const opened = opensFence(fence.line.trimStart());
    return opened !== undefined && closesFence(line, opened) ? { fence: undefined, details } : open;
  }
  const opened = opensFence(line, indent);
  if (opened !== undefined) {
    return { fence: { line, close: opened.mark.repeat(opened.length) }, details };
  }
  const opens = line.match(/<details>/gi)?.length ?? 0;
  const closes = line.match(/<\/details>/gi)?.length ?? 0;
  return { fence, details: Math.max(0, details + opens - closes) };
}

function closed({ fence, details }: Open): string {
  return (fence === undefined ? '' : `\n${fence.close}`) + '\n\n</details>'.repeat(details);
}

function reopened({ fence, details }: Open): string {
  const folded = '<details>\n<summary>continued</summary>\n\n'.repeat(details);
  return folded + (fence === undefined ? '' : `${fence.line.trimStart()}\n`);
}

/** A line that no piece could hold is broken; within characters, never within a surrogate pair. */
function shortLines(line: string, limit: number): string[] {
  if (line.length <= limit) return [line];
  const out: string[] = [];
  let at = 0;
  while (at < line.length) {
    let end = Math.min(line.length, at + limit);
    const last = line.charCodeAt(end - 1);
    if (end < line.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    out.push(line.slice(at, end));
    at = end;
  }
  return out;
}
