/** Agent Markdown in our comments: it notifies nobody, refers to nothing, loads nothing. */
import MarkdownIt from 'markdown-it';
import { expect, test } from 'vitest';
import { block, code, neutralMarkdown, prose } from '../../../src/github/renderers/neutral.ts';
import { seededRandom, testSeed } from '../../harness/seeded.ts';

const shown = (text: string): string => neutralMarkdown(text).replaceAll('\u200b', '·');

test.each([
  ['a mention', 'cc @acme/team and @bob.', 'cc @·acme/team and @·bob.'],
  ['an address', 'write to ann@acme.dev', 'write to ann@acme.dev'],
  ['references', 'see #12, acme/shop#3 and GH-4', 'see #·12, acme/shop#·3 and GH-·4'],
  [
    'a link to an issue',
    'https://github.com/acme/shop/issues/3',
    'https://redirect.github.com/acme/shop/issues/3',
  ],
  [
    'an image',
    '![a chart](https://evil.example/x.png)',
    '[image: a chart](https://evil.example/x.png)',
  ],
  [
    'an image without a name',
    '![](https://evil.example/x.png)',
    '[image](https://evil.example/x.png)',
  ],
  ['HTML', '<img src=x> <!-- hi --> <b>', '&lt;img src=x> &lt;!-- hi --> &lt;b>'],
  ['a comparison', 'a < b and c <= d', 'a < b and c <= d'],
  ['inline code', 'use `@types/node` and `#12`', 'use `@types/node` and `#12`'],
  ['an escaped backtick', '\\`@bob\\`', '\\`@·bob\\`'],
  ['a backtick alone', 'it`s `@bob` and @eve', 'it`s `@·bob` and @·eve'],
  ['a span over two lines', '`a\n@bob `b` @eve', '`a\n@·bob `b` @·eve'],
  ['a fence', '```js\n// @bob #1 <b>\n```', '```js\n// @bob #1 <b>\n```'],
  [
    'a fence in a list',
    '- so:\n  ```\n  @bob\n  ```\n- @eve',
    '- so:\n  ```\n  @bob\n  ```\n- @·eve',
  ],
  ['a fence that is indented code', '    ```\n@bob\n    ```', '    ```\n@·bob\n    ```'],
  ['a fence left open', '```\n@bob', '```\n@bob\n```'],
  ['a mention in a quote', '> @bob said', '> @·bob said'],
  ['reordering characters', 'a\u202eb', 'a⟨U+202E⟩b'],
  [
    'details left open',
    '<details>\n<summary>x</summary>\n\ny',
    '<details>\n\n<summary>x</summary>\n\ny\n\n</details>',
  ],
  ['details closed too often', 'x\n</details>', 'x\n\n&lt;/details>\n'],
  ['a mention in italics', '_@bob_ and é@bob', '_@·bob_ and é@·bob'],
  ['a reference in italics', '_GH-4_', '_GH-·4_'],
  ['a mention written as entities', '&#64;bob &commat;bob', '&amp;#·64;bob &amp;commat;bob'],
  ['an address in brackets', 'see <https://a.example/b>', 'see https://a.example/b'],
  ['an address with a name', 'https://a.example/@bob#1', 'https://a.example/@bob#1'],
  ['code that a cell ends', '| a |\n| - |\n| `b|@bob` |', '| a |\n| - |\n| `b|@·bob` |'],
  ['a fence that its list ends', '- a\n  ```\n  b\n@bob', '- a\n  ```\n  b\n  ```\n@·bob'],
  [
    'a fence in raw HTML',
    '<details>\n```\n@bob\n```\n</details>\n',
    '<details>\n\n```\n@bob\n```\n\n</details>\n',
  ],
  ['details with attributes', '<details open onclick=x>', '&lt;details open onclick=x>'],
])('%s', (_name, text, expected) => {
  expect(shown(text)).toBe(expected);
});

test('names and titles of others stay what they are: one line, one piece', () => {
  expect(code('rm `x`\n-rf')).toBe('``rm `x` -rf``');
  expect(code('a\u202eb')).toBe('`a⟨U+202E⟩b`');
  expect(prose('**bold** <b> [x](y) @bob #1').replaceAll('\u200b', '·')).toBe(
    '\\*\\*bold\\*\\* &lt;b> \\[x\\](y) @·bob #·1',
  );
  expect(block('a\n```\nb')).toBe('````\na\n```\nb\n````');
});

/** What a reader of CommonMark and GFM's tables takes for text, with every tag that it finds. */
function textOf(markdown: string): { readonly text: string; readonly tags: readonly string[] } {
  const parser = new MarkdownIt({ html: true, linkify: false });
  const inline = parser.parse(markdown, {}).flatMap((token) => token.children ?? [token]);
  const html = inline.filter(({ type }) => type.startsWith('html'));
  const text = inline.filter(({ type }) => type === 'text' || type.startsWith('html'));
  return {
    text: text.map(({ content }) => content).join('\n'),
    tags: html.flatMap(({ content }) => content.match(/<[^>]*>?/g) ?? []),
  };
}

function isBalanced(tags: readonly string[]): boolean {
  const open: string[] = [];
  for (const tag of tags) {
    if (!tag.startsWith('</')) open.push(tag.slice(1));
    else if (open.pop() !== tag.slice(2)) return false;
  }
  return open.length === 0;
}

const PIECES =
  '@bob|@bob|#1|GH-1|x|é|_|*|`|``|`|```|```\n|~~~\n|\n|\n|\n\n|\n\n|- |1. |  |   |    |\t|> |  ```\n|    ```\n|\n| - | - |\n|PIPE|PIPE|<details>|</details>\n|<summary>|</summary>|<br>\n|\\|&#64;bob|<https://a`b> |<img src=x>|<!--|-->|![a](b)|$|[x](y)|:'
    .split('|')
    .map((piece) => (piece === 'PIPE' ? '|' : piece));

test('whatever is made of marks, nothing in it is alive for a reader of Markdown', () => {
  const seed = testSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  for (let round = 0; round < 4_000; round += 1) {
    const length = 3 + Math.floor(random() * 25);
    const source = Array.from(
      { length },
      () => PIECES[Math.floor(random() * PIECES.length)] ?? '',
    ).join('');
    const result = neutralMarkdown(source);
    const { text, tags } = textOf(result);
    const alive = [
      ...(text.match(/(?<![A-Za-z0-9_])@[A-Za-z0-9]/g) ?? []),
      ...(text.match(/#\d|(?<![A-Za-z0-9_])GH-\d/g) ?? []),
      ...tags.filter((tag) => !/^<(?:\/?(?:details|summary)|br)>$/.test(tag)),
    ];
    const isWhole = isBalanced(tags.filter((tag) => !tag.startsWith('<br')));
    expect({ round, source, alive, isWhole }).toEqual({ round, source, alive: [], isWhole: true });
  }
});
