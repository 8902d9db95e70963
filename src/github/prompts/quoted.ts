/** Text of others as data for the agent: without what a reader would not see, fenced, and named. */
import { CODE, visibleText } from '../../core/commands/visible.ts';
import type { ContentBlock } from '../../core/model/content.ts';
import { hiddenCharacters } from '../../core/transcript/text.ts';

/** Characters that no reader sees and that a model reads. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** What a reader of the page sees: no HTML comments, no hidden characters, no text in image tags. */
export function visibleOnly(text: string): string {
  return withoutComments(text)
    .replace(UNSEEN, '')
    .replace(/!\[[^\]]*\]\(([^)\s]*)[^)]*\)/g, '[image $1]')
    .replace(/<img\b[^>]*>/gi, '[image]')
    .trim();
}

/** Without HTML comments; in code they are seen, and stay. */
export function withoutComments(given: string): string {
  const text = given.replaceAll('\r\n', '\n');
  const visible = visibleText(text);
  let out = '';
  let from = 0;
  for (let at = text.indexOf('<!--'); at !== -1;) {
    const isCode = visible[at] === CODE;
    const close = isCode ? -1 : text.indexOf('-->', at + 2);
    const end = isCode ? at + 4 : close === -1 ? text.length : close + 3;
    out += text.slice(from, isCode ? end : at);
    from = end;
    at = text.indexOf('<!--', end);
  }
  return out + text.slice(from);
}

/** Zero-width and bidi characters and tags; those that join an emoji stay. */
const HIDING = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** What somebody asks, as a reader of the page sees it. */
export const askedText = (text: string): string => withoutComments(text).replace(HIDING, '');

/** Code of others: nothing is taken out, and what cannot be seen is shown. */
export const codeOf = (text: string): string => quoted(hiddenCharacters(text));

/** A fence that the text cannot end. */
export function quoted(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** One piece of context. Embedded, so that it does not count as what the person said. */
export function resource(uri: string, text: string): ContentBlock {
  return { type: 'resource', resource: { uri, mimeType: 'text/markdown', text } };
}

export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit)}\n[… ${text.length - limit} more characters were left out]`;
}
