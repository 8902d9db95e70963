/**
 * Where prose is in Markdown, and where code within its lines. Invariant: what is called code is code
 * for every reader of it; where in doubt it is prose.
 */
import { linesOf, type Fence, type Line } from '../../core/transcript/lines.ts';

/** A longer line may be cut in two, and code in it as well: it is none. */
const LONGEST_WITH_CODE = 10_000;

/**
 * The text with its lines of prose as `prose` gives them (prose and code in turns, beginning with
 * prose), and its fenced lines as `code` does. Of empty lines in a row one is kept.
 */
export function mapProse(
  text: string,
  prose: (pieces: readonly string[]) => readonly string[],
  code: (line: string, fence: Fence) => string = (line) => line,
): string {
  const lines = linesOf(text);
  const tables = tableLines(lines);
  /** A line of this paragraph had a backtick without its partner: nothing after it is code. */
  let unsure = false;
  const out: string[] = [];
  for (const [index, { text: line, kind, fence }] of lines.entries()) {
    if (kind === 'code' && fence !== undefined) out.push(code(line, fence));
    else if (fence !== undefined) out.push(line);
    else {
      const spans: readonly string[] | undefined =
        unsure || kind === 'blank' ? undefined : codeSpans(line, tables.has(index));
      unsure = kind !== 'blank' && spans === undefined;
      for (const each of kind === 'blank' ? [''] : prose(spans ?? [line])) {
        if (each !== '' || (out.at(-1) ?? '') !== '') out.push(each);
      }
    }
  }
  return out.join('\n');
}

/** Lines of paragraphs in which a table may be: there `|` ends a cell, in code as well. */
function tableLines(lines: readonly Line[]): ReadonlySet<number> {
  const found = new Set<number>();
  let paragraph: number[] = [];
  for (const [index, { text, kind }] of lines.entries()) {
    if (kind !== 'prose') paragraph = [];
    else paragraph.push(index);
    const isTable = kind === 'prose' && (/^[\s>|:-]*-[\s|:-]*$/.test(text) || found.has(index - 1));
    if (isTable) for (const at of paragraph) found.add(at);
  }
  return found;
}

/** Prose and code in turns, beginning with prose; undefined when the line's backticks do not pair. */
function codeSpans(line: string, inTable: boolean): string[] | undefined {
  if (line.length > LONGEST_WITH_CODE) return undefined;
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
    const code = line.slice(opener.at, end.at + end.run.length);
    if (inTable && /(?<!\\)\|/.test(code)) return undefined;
    pieces.push(line.slice(from, opener.at), code);
    from = end.at + end.run.length;
    index = close;
  }
  return [...pieces, line.slice(from)];
}
