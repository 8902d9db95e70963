/** Long texts in parts: nothing is lost, and every part is whole by itself. */
import MarkdownIt, { type Token } from 'markdown-it';
import { expect, test } from 'vitest';
import { splitMarkdown, type SplitOptions } from '../../../src/core/transcript/split.ts';
import { seededRandom, testSeed } from '../../harness/seeded.ts';

const HOW: SplitOptions = {
  limit: 1_600,
  most: 5,
  continued: '_Continued._',
  continues: '_Goes on._',
};

test('what fits is left as it is', () => {
  expect(splitMarkdown('one\n\ntwo', HOW)).toEqual({
    parts: [{ text: 'one\n\ntwo', body: 'one\n\ntwo' }],
    left: 0,
  });
});

test('a cut is made between paragraphs; fences and folds are closed, and opened again with their names', () => {
  const text = [
    `${'word '.repeat(30)}\n\n`.repeat(8),
    '<details>\n\n<summary>3 steps</summary>\n\n```diff\n',
    '+ a line of the diff\n'.repeat(60),
    '```\n\n</details>\n\nThe end.',
  ].join('');
  const { parts } = splitMarkdown(text, HOW);
  expect(parts.map((part) => part.text.slice(0, 100))).toMatchInlineSnapshot(`
    [
      "word word word word word word word word word word word word word word word word word word word word ",
      "_Continued._

    <details>

    <summary>3 steps</summary>

    \`\`\`diff
    + a line of the diff
    + a line of the di",
      "_Continued._

    <details>

    <summary>3 steps (continued)</summary>

    \`\`\`diff
    + a line of the diff
    + a li",
    ]
  `);
  expect(parts.map((part) => part.text.slice(-80))).toMatchInlineSnapshot(`
    [
      "ord word word word word word word word word word word word word word

    _Goes on._",
      "f the diff
    + a line of the diff
    + a line of the diff
    \`\`\`

    </details>

    _Goes on._",
      "ry>

    \`\`\`diff
    + a line of the diff
    + a line of the diff
    \`\`\`

    </details>

    The end.",
    ]
  `);
});

test('a table goes on under its header, and no row is cut', () => {
  const rows = Array.from({ length: 60 }, (_, at) => `| row ${at} | ${'x'.repeat(30)} |\n`);
  const { parts } = splitMarkdown(`| name | value |\n| --- | --- |\n${rows.join('')}`, HOW);
  expect(parts.length).toBeGreaterThan(1);
  for (const { text } of parts.slice(1)) {
    expect(text).toMatch(/^_Continued\._\n\n\| name \| value \|\n\| --- \| --- \|\n\| row \d+ \|/);
  }
});

test('a numbered list goes on with its next number, also where all items say 1', () => {
  for (const number of [(at: number) => at + 1, () => 1]) {
    const items = Array.from(
      { length: 40 },
      (_, at) => `${number(at)}. ${`item${at} `.repeat(12)}\n`,
    );
    const { parts } = splitMarkdown(items.join(''), HOW);
    for (const { text } of parts) {
      const [, first, item] = /^(\d+)\. item(\d+)/m.exec(text) ?? [];
      expect(Number(first)).toBe(Number(item) + 1);
    }
  }
});

test('what stood in a list item stands at the margin of its own part', () => {
  const deep = '      - deep in it, and long enough to fill a part\n'.repeat(60);
  const { parts } = splitMarkdown(`- one\n   - two\n${deep}`, HOW);
  expect(parts[1]?.text).toMatch(/^_Continued\._\n\n- deep in it/);
  const code = `1. Do this:\n\n    \`\`\`sh\n${'    npm test\n'.repeat(200)}    \`\`\`\n\n    And that.\n`;
  const [, second] = splitMarkdown(code, HOW).parts;
  expect(second?.text).toMatch(/^_Continued\._\n\n```sh\nnpm test\n/);
});

test('what even the most parts do not hold is counted', () => {
  const { parts, left } = splitMarkdown('word\n\n'.repeat(5_000), HOW);
  expect(parts).toHaveLength(5);
  expect(left).toBe(30_000 - parts.reduce((sum, { body }) => sum + body.length, 0));
});

const parser = new MarkdownIt({ html: true });

/** Rows of table bodies, lines of code, and whether all that was opened is closed. */
function readingOf(markdown: string) {
  const tokens = parser.parse(`${markdown}\n\nSENTINEL\n`, {});
  const rows = tokens.filter(({ type }, at) => type === 'tr_open' && isInBody(tokens, at));
  const fences = tokens.filter(({ type }) => type === 'fence');
  const html = tokens.flatMap(({ type, content }) => (type === 'html_block' ? [content] : []));
  const last = tokens.at(-2);
  return {
    rows: rows.length,
    code: fences.flatMap(({ content }) => content.split('\n').filter((line) => line.trim() !== '')),
    folds: (html.join('').match(/<details>/g) ?? []).length,
    closedFolds: (html.join('').match(/<\/details>/g) ?? []).length,
    isWhole: last?.content === 'SENTINEL' && last.level === 1,
  };
}

const isInBody = (tokens: readonly Token[], at: number): boolean =>
  tokens.slice(0, at).findLast(({ type }) => /^t(head|body)_open$/.test(type))?.type ===
  'tbody_open';

/** Markdown as agents write it, without a line longer than a part. */
function randomMarkdown(random: () => number, blocks: number): string {
  const pick = <T>(list: readonly [T, ...T[]]): T =>
    list[Math.floor(random() * list.length)] ?? list[0];
  const words = (): string =>
    Array.from({ length: 3 + Math.floor(random() * 30) }, () =>
      pick(['word', '日本語', 'עברית', '👩‍👩‍👧', '**bold**', '`a | b`', 'x']),
    ).join(' ');
  const lines = (line: () => string): string =>
    Array.from({ length: 2 + Math.floor(random() * 20) }, line).join('\n');
  const fence = (): string => `\`\`\`ts\n${lines(() => `const ${words()};`)}\n\`\`\``;
  const block = (): string =>
    pick([
      () => words(),
      () => `## ${words()}`,
      () => lines(() => `- ${words()}`),
      () => `| a | b |\n| --- | --- |\n${lines(() => `| ${pick(['x', '日本'])} | y |`)}`,
      fence,
      () => `- ${words()}\n\n  ${fence().replaceAll('\n', '\n  ')}`,
      () => `\`\`\`\`md\n${fence()}\n\`\`\`\``,
      () =>
        `<details>\n\n<summary>${[...words()].slice(0, 30).join('')}</summary>\n\n${words()}\n\n${fence()}\n\n</details>`,
    ])();
  return Array.from({ length: blocks }, block).join('\n\n');
}

test('of any text the parts joined are the text, within the limit, and each reads whole', () => {
  const seed = testSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  for (let round = 0; round < 200; round += 1) {
    const source = randomMarkdown(random, 3 + Math.floor(random() * 40));
    const limit = 1_200 + Math.floor(random() * 3_000);
    const { parts, left } = splitMarkdown(source, { ...HOW, limit, most: 1_000 });
    expect(parts.map(({ body }) => body).join('')).toBe(source);
    expect(left).toBe(0);
    const read = parts.map(({ text }) => readingOf(text));
    for (const [at, { text }] of parts.entries()) {
      expect({ text, isWhole: read[at]?.isWhole }).toEqual({ text, isWhole: true });
      expect(text.length).toBeLessThanOrEqual(limit);
      expect(text.isWellFormed()).toBe(true);
      expect(read[at]?.folds).toBe(read[at]?.closedFolds);
    }
    const whole = readingOf(source);
    expect(read.flatMap(({ code }) => code)).toEqual(whole.code);
    expect(read.reduce((sum, { rows }) => sum + rows, 0)).toBe(whole.rows);
  }
});

test('lines that no part holds are cut within no character', () => {
  for (const limit of [1_000, 1_001, 1_002, 1_003]) {
    const source = '😀'.repeat(3_000);
    const { parts } = splitMarkdown(source, { ...HOW, limit, most: 100 });
    expect(parts.map(({ body }) => body).join('')).toBe(source);
    for (const { text } of parts) expect(text.isWellFormed()).toBe(true);
  }
});
