/** Diffs as people read them, clipped. */
import { expect, test } from 'vitest';
import type { DiffContent } from '../../../src/core/model/transcript.ts';
import { clipDiff, diffLines } from '../../../src/core/transcript/diff.ts';

const diff = (oldText: string | null, newText: string): DiffContent => ({
  type: 'diff',
  path: 'a.txt',
  oldText,
  newText,
});
const numbered = (count: number): string =>
  Array.from({ length: count }, (_, at) => `line ${at + 1}\n`).join('');

test('only what changed is there, with three lines around it and where it is', () => {
  const before = numbered(20);
  expect(diffLines(diff(before, before.replace('line 10\n', 'line ten\n'))).lines).toEqual([
    '@@ line 7 @@',
    ' line 7',
    ' line 8',
    ' line 9',
    '-line 10',
    '+line ten',
    ' line 11',
    ' line 12',
    ' line 13',
  ]);
});

test('a new file is all plus, an emptied one all minus, an unchanged one nothing', () => {
  expect(diffLines(diff(null, 'a\nb\n'))).toEqual({ lines: ['+a', '+b'], added: 2, removed: 0 });
  expect(diffLines(diff('a\n', ''))).toMatchObject({ added: 0, removed: 1 });
  expect(diffLines(diff('a\n', 'a\n')).lines).toEqual([]);
});

test('a million changed lines do not take minutes', () => {
  const from = performance.now();
  const { added, removed } = diffLines(diff(numbered(200_000), numbered(200_001).toUpperCase()));
  expect([added, removed]).toEqual([200_001, 200_000]);
  expect(performance.now() - from).toBeLessThan(5_000);
});

test('clipped, it says how many lines are left, and whether anything is missing', () => {
  const long = diff(null, `${'x'.repeat(50)}\nb\nc\n`);
  expect(clipDiff(long, { lines: 3, width: 80 })).toMatchObject({ left: 0, whole: true });
  expect(clipDiff(long, { lines: 2, width: 80 })).toMatchObject({ left: 1, whole: false });
  const narrow = clipDiff(long, { lines: 3, width: 10 });
  expect(narrow).toMatchObject({ left: 0, whole: false });
  expect(narrow.lines[0]).toBe('+xxxxxxxx…');
});

test('a line is never cut within a character', () => {
  const { lines } = clipDiff(diff(null, '😀'.repeat(20)), { lines: 1, width: 11 });
  expect(lines[0]?.isWellFormed()).toBe(true);
});
