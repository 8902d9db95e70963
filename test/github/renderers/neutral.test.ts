/** Agent Markdown in our comments: it notifies nobody, refers to nothing, loads nothing. */
import { expect, test } from 'vitest';
import { block, code, neutralMarkdown, prose } from '../../../src/github/renderers/neutral.ts';

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
    '<details>\n<summary>x</summary>\n\ny\n\n</details>',
  ],
  ['details closed too often', 'x</details>', 'x&lt;/details>'],
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
