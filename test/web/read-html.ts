/**
 * What a person reads of our HTML, as plain text: blocks on lines of their own, folded parts behind
 * `▸`, buttons in brackets, icons left out, words for screen readers in parentheses.
 */

const BLOCKS = new Set(
  'article section header footer p div pre ul ol li table tr blockquote figure figcaption form h1 h2 h3 h4 details summary dl dt dd'.split(
    ' ',
  ),
);
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
};

const decode = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => ENTITIES[name] ?? '');

export function readHtml(html: string): string {
  const withoutIcons = html.replace(/<svg.*?<\/svg>/gs, '');
  let out = '';
  let depth = 0;
  let pre = 0;
  const open: string[] = [];
  const newLine = (): void => {
    out = `${out.replace(/[ ]+$/, '')}\n${'  '.repeat(depth)}`;
  };
  for (const [token] of withoutIcons.matchAll(/<[^>]*>|[^<]+/g)) {
    const tag = /^<(\/?)([a-z0-9]+)/.exec(token);
    if (tag === null) {
      const text = decode(token);
      if (pre > 0) out += text.replaceAll('\n', `\n${'  '.repeat(depth)}`);
      else
        out += /(^|\n) *$/.test(out)
          ? text.replace(/\s+/g, ' ').trimStart()
          : text.replace(/\s+/g, ' ');
      continue;
    }
    const [, closing, name = ''] = tag;
    const hidden = token.includes('sr-only');
    if (closing === '') {
      if (BLOCKS.has(name)) newLine();
      if (name === 'summary') out += '▸ ';
      if (name === 'li') out += '• ';
      if (name === 'button') out += ' [';
      if (name === 'time' && /data-(since|until)/.test(token)) out += '⏱ ';
      if (hidden) out += '(';
      if (name === 'pre') pre += 1;
      if (name !== 'br' && name !== 'hr' && name !== 'use')
        open.push(hidden ? ')' : name === 'button' ? '] ' : '');
      if (name === 'td' || name === 'th') out += ' | ';
    } else {
      out += open.pop() ?? '';
      if (name === 'pre') pre -= 1;
      if (name === 'summary') depth += 1;
      if (name === 'details') depth -= 1;
      if (BLOCKS.has(name)) newLine();
    }
  }
  return out
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '')
    .join('\n');
}
