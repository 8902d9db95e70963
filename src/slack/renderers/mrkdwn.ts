/**
 * Agents' Markdown for Slack. Invariant: whatever is in it, it notifies nobody and loads nothing.
 * `markdown` blocks take it nearly as it is; `text` needs Slack's own mrkdwn.
 */
import { hiddenCharacters } from '../../core/transcript/text.ts';

const ZERO_WIDTH_SPACE = '\u200B';

/** Plain text inside mrkdwn: no character of it is markup. */
export function escape(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@(?=(?:channel|here|everyone)\b)/gi, `@${ZERO_WIDTH_SPACE}`);
}

/** A line of plain text: no markup at all, hidden characters shown, line feeds gone. */
export function plainLine(text: string): string {
  const line = hiddenCharacters(text).replace(/\s+/g, ' ').trim();
  return escape(line).replace(/[*_~`]/g, (mark) => `${ZERO_WIDTH_SPACE}${mark}${ZERO_WIDTH_SPACE}`);
}

/** One line as code. */
export const codeLine = (text: string): string =>
  `\`${escape(hiddenCharacters(text).replace(/\s+/g, ' ').trim().replace(/`/g, 'ˋ'))}\``;

/** Slack reads these as mentions, or as links under another name, wherever they stand, code included. */
function defuse(text: string): string {
  return text
    .replace(
      /<(?=!(?:channel|here|everyone|subteam|date)|@[UWB][A-Z0-9]|#[CG][A-Z0-9]|[a-z]+:[^\s<>|]*\|)/gi,
      `<${ZERO_WIDTH_SPACE}`,
    )
    .replace(/@(?=(?:channel|here|everyone)\b)/gi, `@${ZERO_WIDTH_SPACE}`);
}

/** One line for a `plain_text` or a title; should Slack read markup in it, it notifies nobody. */
export const plainText = (text: string): string =>
  defuse(hiddenCharacters(text).replace(/\s+/g, ' ').trim());

/** For a `markdown` block: the agent's text, with mentions defused and images made links. */
export function safeMarkdown(text: string): string {
  return outsideCode(
    defuse(text),
    (prose) =>
      unfolded(prose)
        .replace(/!\[/g, '[')
        .replace(LINK, (whole, label: string, url: string) =>
          label === honest(label, url) ? whole : whole.replace(label, () => honest(label, url)),
        ),
    (code) => code,
  );
}

const LINK = /!?\[([^\]\n]*)\]\((https?:\/\/[^\s)<>|]+)[^)\n]*\)/g;
/** A label that reads like an address: not like a file, `README.md`. */
const ADDRESS =
  /^\s*(?:[a-z]+:\/\/|www\.|(?=[^\s/]+\.(?:com|org|net|io|dev|app|ai|co)\b|[^\s/]+\.[a-z]{2,}\/))([^\s/:?#]+)/i;

/** The label of a link; one that names another host than the link leads to says where it leads. */
function honest(label: string, url: string): string {
  const named = ADDRESS.exec(label)?.[1]?.toLowerCase();
  const host = URL.parse(url)?.hostname.replace(/^www\./, '') ?? '';
  return named === undefined || named === host ? label : `${label} (${host})`;
}

/** Slack folds nothing and shows tags as they stand: only what is inside them stays. */
function unfolded(prose: string): string {
  return prose
    .replace(/<summary>\s*([^\n]*?)\s*<\/summary>/gi, '**$1**')
    .replace(/<\/?(?:details|summary)(?: open)?>\n?/gi, '');
}

/** For `text`: bold, italics, links and headings as Slack writes them; the rest as it stands. */
export function toMrkdwn(text: string): string {
  return outsideCode(text, proseToMrkdwn, (code) =>
    escape(code.replace(/^(\s*(?:`{3,}|~{3,}))[^\n]*/, '$1')),
  );
}

function proseToMrkdwn(prose: string): string {
  const links: string[] = [];
  const held = unfolded(prose.replace(/[\uE000\uE001]/g, '')).replace(
    LINK,
    (_whole, label: string, url: string) => {
      const shown = escape(honest(label, url).replace(/[|]/g, ' '));
      links.push(`<${url.replace(/&/g, '&amp;')}|${shown || 'link'}>`);
      return `\uE000${links.length - 1}\uE001`;
    },
  );
  return escape(held)
    .replace(/^(\s*)[-*+]\s+/gm, '$1• ')
    .replace(/^&gt; ?/gm, '> ')
    .replace(/(?<![*\w])\*(?![*\s])([^*\n]+)\*(?!\*)/g, '_$1_')
    .replace(/\*\*(?=\S)([^\n]+?)\*\*/g, '*$1*')
    .replace(/~~(?=\S)([^\n]+?)~~/g, '~$1~')
    .replace(/^#{1,6}\s+(.+?)\s*#*$/gm, (_line, title: string) => `*${title.replace(/\*/g, '')}*`)
    .replace(/\uE000(\d+)\uE001/g, (_whole, index: string) => links[Number(index)] ?? '');
}

const CODE =
  /(^|\n)( {0,3}(`{3,}|~{3,})[^\n]*(?:\n[\s\S]*?(?:\n {0,3}\3[`~]*[ \t]*(?=\n|$)|$)|$))|(`+)(?!`)[^\n]*?[^`]\4(?!`)/g;

function outsideCode(
  text: string,
  prose: (text: string) => string,
  code: (text: string) => string,
): string {
  const out: string[] = [];
  let done = 0;
  for (const found of text.matchAll(CODE)) {
    const lead = found[1] ?? '';
    const start = found.index + lead.length;
    out.push(
      prose(text.slice(done, start)),
      code(text.slice(start, found.index + found[0].length)),
    );
    done = found.index + found[0].length;
  }
  out.push(prose(text.slice(done)));
  return out.join('');
}
