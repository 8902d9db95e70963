/**
 * Mentions in visible text (visible.ts). `@name` counts at a word boundary and in any case; not in
 * an e-mail address, a URL, a package name or a longer name.
 */

export interface Mention {
  readonly start: number;
  readonly end: number;
  /** Nothing but space stands before it on its line. */
  readonly atLineStart: boolean;
}

/** Ours, in order. `names` with or without `@`. */
export function findMentions(visible: string, names: readonly string[]): readonly Mention[] {
  const ours = names.map((name) => name.replace(/^@/, '').toLowerCase()).filter((n) => n !== '');
  return mentionsOf(visible, (at) => nameEnd(visible, at + 1, ours));
}

/** Whether a person who is not one of `names` is mentioned. */
export function mentionsSomebodyElse(visible: string, names: readonly string[]): boolean {
  const ours = new Set(findMentions(visible, names).map((mention) => mention.start));
  const all = mentionsOf(visible, (at) => anyNameEnd(visible, at + 1));
  return all.some((mention) => !ours.has(mention.start));
}

function mentionsOf(visible: string, endOf: (at: number) => number): readonly Mention[] {
  const found: Mention[] = [];
  let start = 0;
  // Of many on one line only the first can open it; asking for each would be quadratic.
  let first = true;
  for (const { index: at, 0: mark } of visible.matchAll(/[@\n]/g)) {
    if (mark === '\n') {
      start = at + 1;
      first = true;
      continue;
    }
    const end = startsWord(visible, at) ? endOf(at) : -1;
    if (end !== -1) found.push(bracketed(visible, at, end, first && isBlank(visible, start, at)));
    first = false;
  }
  return found;
}

/** `@` starts a mention only where no word, path or address goes on. */
function startsWord(visible: string, at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}_.+\-@/`]/u.test(visible.slice(at - 1, at));
}

function isBlank(visible: string, from: number, to: number): boolean {
  return /^[\s\u200B-\u200F\u202A-\u202E\u2060-\u2069]*<?$/.test(visible.slice(from, to));
}

/** Slack writes `<@U123>` and `<@U123|name>`: the brackets belong to the mention. */
function bracketed(visible: string, at: number, end: number, atLineStart: boolean): Mention {
  if (visible[at - 1] !== '<') return { start: at, end, atLineStart };
  const close = visible.slice(end, end + 100).match(/^(?:\|[^>\n]*)?>/);
  if (close === null) return { start: at, end, atLineStart: false };
  return { start: at - 1, end: end + close[0].length, atLineStart };
}

function nameEnd(visible: string, at: number, ours: readonly string[]): number {
  for (const name of ours) {
    const end = at + name.length;
    if (visible.slice(at, end).toLowerCase() !== name) continue;
    // GitHub writes an App as `slug[bot]`.
    const after = visible.startsWith('[bot]', end) ? end + 5 : end;
    if (isEnd(visible, after)) return after;
  }
  return -1;
}

function anyNameEnd(visible: string, at: number): number {
  const name = /[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?/uy;
  name.lastIndex = at;
  const end = name.test(visible) ? name.lastIndex : -1;
  return end !== -1 && isEnd(visible, end) ? end : -1;
}

/** Not in the middle of a longer name, a domain or a package. */
function isEnd(visible: string, at: number): boolean {
  return !/^(?:[\p{L}\p{N}_@/-]|\.[\p{L}\p{N}])/u.test(visible.slice(at, at + 2));
}
