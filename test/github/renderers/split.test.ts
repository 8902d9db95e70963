/** Long texts over several comments; how they are cut is tested in core/transcript/split.test.ts. */
import { expect, test } from 'vitest';
import { neutralMarkdown } from '../../../src/github/renderers/neutral.ts';
import { MOST_PIECES, splitComment } from '../../../src/github/renderers/split.ts';

const rest = (left: number): string => `_${left} more characters elsewhere._`;

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
  const pieces = splitComment(neutralMarkdown(text), rest);
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
  const pieces = splitComment('word\n\n'.repeat(200_000), rest);
  expect(pieces).toHaveLength(MOST_PIECES);
  expect(pieces.at(-1)).toMatch(/_\d+ more characters elsewhere\._$/);
  for (const piece of pieces) expect(piece.length).toBeLessThan(65_000);
});
