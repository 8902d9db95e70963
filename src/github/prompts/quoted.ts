/** Text of others as data for the agent: without what a reader would not see, fenced, and named. */
import type { ContentBlock } from '../../core/model/content.ts';

/** Characters that no reader sees and that a model reads. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** What a reader of the page sees: no HTML comments, no hidden characters, no text in image tags. */
export function visibleOnly(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(UNSEEN, '')
    .replace(/!\[[^\]]*\]\(([^)\s]*)[^)]*\)/g, '[image $1]')
    .replace(/<img\b[^>]*>/gi, '[image]')
    .trim();
}

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
