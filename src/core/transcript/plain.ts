/**
 * Text of others inside our own Markdown: names, prompts, error messages. Whatever is in it, it
 * cannot mention anybody, link anywhere or break the layout around it.
 */

const NAME_LIMIT = 60;
const QUOTE_LIMIT = 80;
const DETAILS_LIMIT = 2_000;

/** A name of a person or an agent, to be written into a sentence. */
export function plainName(name: string): string {
  const kept = name
    .replace(/[\p{Cc}\p{Cf}<>@*_`~|[\]()#!\\]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return cut(kept, NAME_LIMIT) || 'somebody';
}

/** The first line of a text, as code. */
export function quote(text: string): string {
  const line = (text.trim().split('\n')[0] ?? '').replaceAll('`', "'").trim();
  return line === '' ? '(no text)' : `\`${cut(line, QUOTE_LIMIT)}\``;
}

/**
 * The message of an error: its first line is a sentence, with mentions defused; further lines (the
 * end of a stderr) are a code block.
 */
export function errorText(message: string): string {
  const [first = '', ...rest] = message.trim().split('\n');
  const sentence = first.trim().replace(/[@<](?=\S)/g, '$&\u200B');
  const details = rest.join('\n').trim();
  if (details === '') return sentence;
  const longest = Math.max(2, ...[...details.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${sentence}\n\n${fence}\n${details.slice(-DETAILS_LIMIT)}\n${fence}`;
}

const cut = (text: string, limit: number): string =>
  text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
