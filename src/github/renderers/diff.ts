/** A diff as a fenced block, capped: what is left out is counted and said. */
import type { DiffContent } from '../../core/model/transcript.ts';
import { clipDiff, diffLines } from '../../core/transcript/diff.ts';
import { exactText, wrapped } from '../../core/transcript/text.ts';
import { block, code } from './neutral.ts';

/** Of one line; a comment shows so many of it side by side. */
const WIDTH = 500;
const COLUMNS = 110;

/** At most `limit` lines of it. `whole`: nothing was left out. */
export function renderDiff(
  diff: DiffContent,
  limit: number,
): { readonly markdown: string; readonly whole: boolean } {
  const { added, removed } = diffLines(diff);
  const { lines, left, whole } = clipDiff(diff, { lines: limit, width: WIDTH });
  const note = diff.oldText === null ? ' (new file)' : '';
  const head = `${code(diff.path)}${note} +${added} −${removed}`;
  const more = left > 0 ? `\n\n_${left} more lines are not shown here._` : '';
  const text = lines.map((line) => wrapped(exactText(line), COLUMNS)).join('\n');
  return { markdown: `${head}\n\n${block(text, 'diff')}${more}`, whole };
}
