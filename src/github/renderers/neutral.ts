/**
 * Text of others inside our comments. Invariant: whatever an agent writes, it notifies nobody,
 * leaves no reference on another issue, loads nothing from elsewhere and opens no HTML. What reads
 * as code stays as it is; where in doubt it is not code.
 */
import type { Fence } from '../../core/transcript/lines.ts';
import { clip, hiddenCharacters } from '../../core/transcript/text.ts';
import { balanced, isFoldLine, withTagsAlone } from './folds.ts';
import { mapProse } from './prose.ts';

const ZERO_WIDTH = '\u200B';
/** Direction overrides and isolates make text read in another order than it has. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** The only HTML that agents may use, and only without attributes. */
const ALLOWED_TAG = /^<(?:\/?(?:details|summary)|br\s*\/?)>/i;
const BREAK_ALONE = /^((?:[\s>*+-]|\d+[.)])*)(?:<br\s*\/?>\s*)+$/i;
/** No fence needs so many; a line of them could not be opened again in another comment. */
const LONG_FENCE = /([`~])\1{99,}/g;

/** References that GitHub makes of text, wherever it stands but in code. */
const REFERENCES: readonly (readonly [RegExp, string])[] = [
  // Written as entities they are read alike.
  [/&(?=#(?:0*(?:64|35)|x0*(?:40|23));?|(?:commat|num);)/gi, '&amp;'],
  [/(?<![A-Za-z0-9])@(?=[A-Za-z0-9_])/g, `@${ZERO_WIDTH}`],
  [/#(?=\d)/g, `#${ZERO_WIDTH}`],
  [/(?<![A-Za-z0-9])(GH-)(?=\d)/gi, `$1${ZERO_WIDTH}`],
  [
    /(https?:\/\/)(?:[^\s/@]*@)?(?:www\.)?github\.com(?::\d+)?(?=\/[^\s/]+\/[^\s/]+\/(?:issues|pull|discussions)\/\d)/gi,
    '$1redirect.github.com',
  ],
];

/** An address that GitHub makes a link of, so that nothing in it is a reference of its own. */
const ADDRESS =
  /((?<=^|[\s*_~(])https?:\/\/(?!(?:[^\s/]*@)?(?:www\.)?github\.com)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?\/[\w/.%+=&?@:#,~-]*)/i;

const withoutReferences = (text: string): string =>
  REFERENCES.reduce((done, [pattern, by]) => done.replace(pattern, by), text);

const outsideAddresses = (text: string): string =>
  text
    .split(ADDRESS)
    .map((piece, at) => (at % 2 === 1 ? piece : withoutReferences(piece)))
    .join('');

/** Prose without code in it. */
function neutralProse(text: string): string {
  const plain = text
    .replace(DIRECTION, hiddenCharacters)
    .replace(/!\[(\]?)/g, (_, empty: string) => (empty === '' ? '[image: ' : '[image]'))
    .replace(/<(https?:\/\/[^\s<>]+)>/gi, '$1')
    .replace(/<(?=[A-Za-z/!?])/g, (_, at: number, whole: string) =>
      ALLOWED_TAG.test(whole.slice(at, at + 12)) ? '<' : '&lt;',
    );
  return outsideAddresses(plain);
}

/** Code that some reader may take for prose: as it was, but for characters that nobody sees. */
const neutralCode = (text: string): string =>
  withoutReferences(text).replace(/[<!](?=[A-Za-z/!?[])/g, `$&${ZERO_WIDTH}`);

/** Agent Markdown that can stand in a comment of ours. */
export function neutralMarkdown(text: string): string {
  const plain = text.replace(/\r\n?/g, '\n').replace(LONG_FENCE, (run) => run.slice(0, 99));
  return balanced(mapProse(withTagsAlone(plain), neutralLine, neutralFenced));
}

const neutralFenced = (line: string, { sure }: Fence): string => (sure ? line : neutralCode(line));

function neutralLine(pieces: readonly string[]): readonly string[] {
  const whole = pieces.join('');
  // Raw HTML: neither code nor an address is told from the rest.
  if (isFoldLine(whole)) {
    const [, indent = '', summary] = /^(\s*)<summary>(.*)<\/summary>\s*$/i.exec(whole) ?? [];
    if (summary === undefined) return ['', whole, ''];
    const inner = withoutReferences(withoutFolds(neutralProse(summary)));
    return ['', `${indent}<summary>${inner}</summary>`, ''];
  }
  const line = pieces.map((piece, at) =>
    at % 2 === 1 ? piece : withoutFolds(neutralProse(piece)),
  );
  const shown = line.join('');
  // Alone on its line it would open HTML as well.
  return [shown.replace(BREAK_ALONE, '$1&nbsp;')];
}

/** One that does not stand alone by now is none. */
const withoutFolds = (text: string): string =>
  text.replace(/<(?=\/?(?:details|summary)>)/gi, '&lt;');

/**
 * A comment for a GitHub Enterprise Server at `host`, which makes references of addresses of its own:
 * they are none any more, and no links either.
 */
export function withoutReferencesTo(host: string, comment: string): string {
  const name = host.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const reference = new RegExp(
    String.raw`(https?:\/\/)(?=(?:[^\s/@]*@)?${name}(?::\d+)?\/[^\s/]+\/[^\s/]+\/(?:issues|pull|discussions)\/\d)`,
    'gi',
  );
  return mapProse(comment, (pieces) => [
    pieces
      .map((piece, at) => (at % 2 === 1 ? piece : piece.replace(reference, `$1${ZERO_WIDTH}`)))
      .join(''),
  ]);
}

/** Any text as one piece of code on one line; what cannot be seen is shown. */
export function code(text: string, limit = 160): string {
  const line = hiddenCharacters(text.replace(/\s+/g, ' ').trim());
  const shown = clip(line, limit);
  if (shown === '') return '` `';
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return ticks + pad + shown + pad + ticks;
}

/** Any text as a block of code that cannot end early. */
export function block(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

/** Any text as plain prose on one line. */
export function prose(text: string, limit = 300): string {
  const line = hiddenCharacters(text.replace(/\s+/g, ' ').trim());
  const shown = clip(line, limit);
  return neutralProse(shown.replace(/[\\`*_~[\]|]/g, '\\$&').replaceAll('<', '&lt;'));
}
