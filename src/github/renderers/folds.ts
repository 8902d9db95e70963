/**
 * `<details>` and `<summary>` in agents' Markdown, the only HTML that they may use. Invariant: each
 * tag stands alone between empty lines (until the next one GitHub would read no Markdown), and all
 * are balanced.
 */
import { linesOf } from '../../core/transcript/lines.ts';
import { mapProse } from './prose.ts';

const TAG = /(<summary>[^\n]*?<\/summary>|<\/?(?:details|summary)>)/i;
/** A line that is nothing but such a tag. */
const ALONE = /^ {0,3}(?:<summary>[^\n]*<\/summary>|<\/?(?:details|summary)>)\s*$/i;
const LINE = /^( {0,3})<(\/?)(details|summary)>\s*$/i;
/** Folds within folds. */
const DEEPEST = 20;

export const isFoldLine = (line: string): boolean => ALONE.test(line);

/** Every tag outside code on a line of its own, with an empty line before it and after it. */
export const withTagsAlone = (text: string): string => mapProse(text, aloneOf);

function aloneOf(pieces: readonly string[]): readonly string[] {
  // Four columns after an empty line would be code.
  const indent = /^ {0,3}(?! )/.exec(pieces[0] ?? '')?.[0] ?? '';
  const lines: string[] = [];
  let current = '';
  for (const [at, piece] of pieces.entries()) {
    const parts = at % 2 === 1 ? [piece] : piece.split(TAG);
    for (const [part, shown] of parts.entries()) {
      if (part % 2 === 0) current += shown;
      else {
        if (current.trim() !== '') lines.push(current);
        lines.push('', indent + shown, '');
        current = '';
      }
    }
  }
  if (current.trim() !== '' || lines.length === 0) lines.push(current);
  return lines;
}

/** Every fold is closed, innermost first; none is closed that was not opened, or opened too deep. */
export function balanced(text: string): string {
  const open: string[] = [];
  const refused: string[] = [];
  const lines = linesOf(text).map(({ text: line, fence }) => {
    const [, indent = '', slash, name = ''] = LINE.exec(line) ?? [];
    if (fence !== undefined || slash === undefined) return line;
    const list =
      refused.includes(name) || (slash === '' && open.length >= DEEPEST) ? refused : open;
    if (slash === '') list.push(name);
    if (list === open && (slash === '' || open.at(-1) === name)) {
      if (slash !== '') open.pop();
      return line;
    }
    if (slash !== '' && list === refused) refused.splice(refused.lastIndexOf(name), 1);
    return `${indent}&lt;${slash}${name}>`;
  });
  return [...lines, ...open.toReversed().map((name) => `\n</${name}>`)].join('\n');
}
