/** A diff as a fenced block, capped: what is left out is counted and said. */
import { structuredPatch } from 'diff';
import type { DiffContent } from '../../core/model/transcript.ts';
import { hiddenCharacters } from '../../core/transcript/text.ts';
import { block, code } from './neutral.ts';

const TOO_LARGE = 1_000_000;
const LINE_LIMIT = 500;

interface DiffLines {
  readonly lines: readonly string[];
  readonly added: number;
  readonly removed: number;
}

const computed = new WeakMap<DiffContent, DiffLines>();

function signed(text: string, sign: '+' | '-'): string[] {
  if (text === '') return [];
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => sign + line);
}

function unified({ path, oldText, newText }: DiffContent): readonly string[] {
  if (oldText === null || oldText === '') return signed(newText, '+');
  const patch =
    oldText.length + newText.length > TOO_LARGE
      ? undefined
      : structuredPatch(path, path, oldText, newText, '', '', { context: 3, timeout: 200 });
  if (patch === undefined) return [...signed(oldText, '-'), ...signed(newText, '+')];
  return patch.hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines.filter((line) => !line.startsWith('\\')),
  ]);
}

export function diffLines(diff: DiffContent): DiffLines {
  const known = computed.get(diff);
  if (known !== undefined) return known;
  const lines = unified(diff);
  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  const result = { lines, added: count('+'), removed: count('-') };
  computed.set(diff, result);
  return result;
}

/** At most `limit` lines of it. `whole`: nothing was left out. */
export function renderDiff(
  diff: DiffContent,
  limit: number,
): { readonly markdown: string; readonly whole: boolean } {
  const { lines, added, removed } = diffLines(diff);
  const shown = lines.slice(0, limit).map((line) => cut(hiddenCharacters(line)));
  const rest = lines.length - shown.length;
  const note = diff.oldText === null ? ' (new file)' : '';
  const head = `${code(diff.path)}${note} +${added} −${removed}`;
  const more = rest > 0 ? `\n\n_${rest} more lines are not shown here._` : '';
  const whole = rest <= 0 && shown.every((line) => !line.endsWith(CUT));
  return { markdown: `${head}\n\n${block(shown.join('\n'), 'diff')}${more}`, whole };
}

const CUT = '… (line cut)';
const cut = (line: string): string =>
  line.length > LINE_LIMIT ? line.slice(0, LINE_LIMIT) + CUT : line;
