/** Long texts over several comments. */
import { expect, test } from 'vitest';
import { neutralMarkdown } from '../../../src/github/renderers/neutral.ts';
import { MOST_PIECES, splitMarkdown } from '../../../src/github/renderers/split.ts';

const rest = (left: number): string => `_${left} more characters elsewhere._`;

test('what fits is left as it is', () => {
  expect(splitMarkdown('one\n\ntwo', rest)).toEqual(['one\n\ntwo']);
});

test('a cut is made at a paragraph; fences and details are closed and opened again', () => {
  const paragraph = `${'word '.repeat(30)}\n\n`;
  const text = [
    paragraph.repeat(5),
    '<details>\n<summary>steps</summary>\n\n```diff\n',
    '+ a line of the diff\n'.repeat(60),
    '```\n\n</details>\n\nThe end.',
  ].join('');
  const pieces = splitMarkdown(text, rest, 1_600);
  expect(pieces.map((piece) => piece.slice(0, 90))).toMatchInlineSnapshot(`
    [
      "word word word word word word word word word word word word word word word word word word ",
      "_Continued from the comment before._

    <details>
    <summary>continued</summary>

    \`\`\`diff
    + a ",
    ]
  `);
  expect(pieces.map((piece) => piece.slice(-90))).toMatchInlineSnapshot(`
    [
      " a line of the diff
    + a line of the diff
    \`\`\`

    </details>

    _Continued in the next comment._",
      "f
    + a line of the diff
    + a line of the diff
    + a line of the diff
    \`\`\`

    </details>

    The end.",
    ]
  `);
  for (const piece of pieces) {
    expect(piece.length).toBeLessThanOrEqual(1_600);
    expect((piece.match(/^```/gm) ?? []).length % 2).toBe(0);
    const opened = piece.match(/<details>/g)?.length ?? 0;
    expect(piece.match(/<\/details>/g)?.length ?? 0).toBe(opened);
  }
});

test('200 kB with tables, nested fences and details become whole comments below the limit', () => {
  const section = (at: number): string =>
    [
      `## Section ${at}`,
      '| name | value |\n| --- | --- |\n| `a|b` | @bob |\n| x | #12 |',
      '````md\n```js\nconst a = 1;\n```\n````',
      `<details>\n<summary>More of ${at}</summary>\n\n${'Some text of it. '.repeat(40)}\n\n</details>`,
      '- one\n  - two\n\n    ```sh\n    npm test\n    ```',
    ].join('\n\n');
  const text = Array.from({ length: 230 }, (_, at) => section(at)).join('\n\n');
  expect(text.length).toBeGreaterThan(200_000);
  const pieces = splitMarkdown(neutralMarkdown(text), rest);
  expect(pieces.length).toBeLessThanOrEqual(MOST_PIECES);
  for (const piece of pieces) {
    expect(piece.length).toBeLessThan(65_000);
    expect(piece).not.toMatch(/(^|[^`\w])@bob/m);
  }
  for (let at = 0; at < 230; at += 1) {
    expect(pieces.filter((piece) => piece.includes(`## Section ${at}\n`))).toHaveLength(1);
  }
  expect(pieces.join('')).not.toContain('more characters');
});

test('what is more than the most comments hold is counted and said', () => {
  const pieces = splitMarkdown('word\n\n'.repeat(200_000), rest);
  expect(pieces).toHaveLength(MOST_PIECES);
  expect(pieces.at(-1)).toMatch(/_\d+ more characters elsewhere\._$/);
  for (const piece of pieces) expect(piece.length).toBeLessThan(65_000);
});

test('one endless line is broken, within no character', () => {
  const pieces = splitMarkdown('😀'.repeat(60_000), rest);
  expect(pieces.length).toBeGreaterThan(1);
  for (const piece of pieces) expect(piece.isWellFormed()).toBe(true);
});
