/**
 * What a person wrote on Slack, as Markdown that the command language reads: mentions of us as
 * `@threadcast`, links as Markdown, entities as characters. Mentions of others stay as Slack writes
 * them, so that core sees whom a line is for.
 */

/** Our name in the command language on Slack; `InboundConfig.mentions` has to give it. */
export const OWN_NAME = 'threadcast';

const unescape = (text: string): string =>
  text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

export function toText(slack: string, botUserId: string): string {
  const marked = slack.replace(/<([^<>\n]+)>/g, (whole, inner: string) =>
    readable(inner, botUserId, whole),
  );
  return unescape(marked);
}

export const mentionsBot = (slack: string, botUserId: string): boolean =>
  new RegExp(`<@${botUserId}(?:\\|[^>]*)?>`).test(slack);

function readable(inner: string, botUserId: string, whole: string): string {
  const [target = '', label] = inner.split('|', 2);
  if (target === `@${botUserId}`) return `@${OWN_NAME}`;
  if (target.startsWith('@')) return whole;
  if (target.startsWith('#')) return `#${label ?? target.slice(1)}`;
  if (target.startsWith('!subteam^')) return label ?? '@group';
  if (target.startsWith('!date^')) return label ?? '';
  if (target.startsWith('!')) return `@${target.slice(1)}`;
  if (target.startsWith('mailto:')) return label ?? target.slice(7);
  return label === undefined || label === target ? target : `[${label}](${target})`;
}

/** What people call the thread: the first line of what opened it. */
export function titleOf(text: string): string {
  const line =
    text
      .replace(/@threadcast\b/g, '')
      .trim()
      .split('\n')[0] ?? '';
  return line.trim().slice(0, 120) || 'Slack thread';
}
