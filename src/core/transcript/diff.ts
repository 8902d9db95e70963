/**
 * A diff as people read it: unified, with three lines of context. Invariant: what is left out is
 * counted, and no input, however large, takes more than a fraction of a second.
 */
import { structuredPatch } from 'diff';
import type { DiffContent } from '../model/transcript.ts';
import { clip } from './text.ts';

export interface DiffLines {
  readonly added: number;
  readonly removed: number;
  /** With their leading `+`, `-`, space or `@`. */
  readonly lines: readonly string[];
}

/** Characters of both texts; above it, and after the timeout, all old lines go and all new ones come. */
const TOO_LARGE = 1_000_000;
const TIMEOUT_MS = 200;
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
      : structuredPatch(path, path, oldText, newText, '', '', { context: 3, timeout: TIMEOUT_MS });
  if (patch === undefined) return [...signed(oldText, '-'), ...signed(newText, '+')];
  return patch.hunks.flatMap((hunk) => [
    ...(hunk.newStart > 1 ? [`@@ line ${hunk.newStart} @@`] : []),
    ...hunk.lines.filter((line) => !line.startsWith('\\')),
  ]);
}

/** The lines of a diff, computed once for each diff object. */
export function diffLines(diff: DiffContent): DiffLines {
  const known = computed.get(diff);
  if (known !== undefined) return known;
  const lines = unified(diff);
  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  const result = { lines, added: count('+'), removed: count('-') };
  computed.set(diff, result);
  return result;
}

export interface ClippedDiff {
  readonly lines: readonly string[];
  /** Lines that are not among `lines`. */
  readonly left: number;
  /** Nothing was left out, not even the end of a line. */
  readonly whole: boolean;
}

/** Its first `lines` lines, each of at most `width` characters and a sign that there was more. */
export function clipDiff(
  diff: DiffContent,
  limit: { readonly lines: number; readonly width: number },
): ClippedDiff {
  const all = diffLines(diff).lines;
  const lines = all.slice(0, limit.lines).map((line) => clip(line, limit.width));
  const left = all.length - lines.length;
  return { lines, left, whole: left === 0 && lines.every((line, at) => line === all[at]) };
}
