/** A diff as people read it: unified, three lines of context; computed once for each diff. */
import { structuredPatch } from 'diff';
import type { DiffContent } from '../../core/model/transcript.ts';

export interface DiffLines {
  readonly added: number;
  readonly removed: number;
  /** With their leading `+`, `-`, space or `@`. */
  readonly lines: readonly string[];
}

const TOO_LARGE = 1_000_000;
const computed = new WeakMap<DiffContent, DiffLines>();

const signed = (text: string, sign: '+' | '-'): readonly string[] =>
  text === ''
    ? []
    : text
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => sign + line);

function unified({ oldText, newText, path }: DiffContent): readonly string[] {
  if (oldText === null || oldText === '') return signed(newText, '+');
  const patch =
    oldText.length + newText.length > TOO_LARGE
      ? undefined
      : structuredPatch(path, path, oldText, newText, '', '', { context: 3, timeout: 200 });
  if (patch === undefined) return [...signed(oldText, '-'), ...signed(newText, '+')];
  return patch.hunks.flatMap((hunk) => [
    ...(hunk.newStart > 1 ? [`@@ line ${hunk.newStart} @@`] : []),
    ...hunk.lines.filter((line) => !line.startsWith('\\')),
  ]);
}

export function diffLines(diff: DiffContent): DiffLines {
  const known = computed.get(diff);
  if (known !== undefined) return known;
  const lines = unified(diff);
  const result = {
    lines,
    added: lines.filter((line) => line.startsWith('+')).length,
    removed: lines.filter((line) => line.startsWith('-')).length,
  };
  computed.set(diff, result);
  return result;
}
