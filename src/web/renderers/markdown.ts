/**
 * Markdown of agents (and our own notices) to HTML. Invariant: nothing in the text can run, load or
 * imitate the page. Raw HTML stays text, only http, https and mailto links are links, images become
 * links (a remote image tells its server who reads), and direction overrides are shown, not obeyed.
 */
import MarkdownIt, { type Token } from 'markdown-it';
import { escapeHtml, markup, trusted, type Html } from './html.ts';
import { icon } from './icon.ts';
import { showHidden } from './hidden.ts';

const LINK_ATTRIBUTES = 'target="_blank" rel="noopener noreferrer nofollow"';

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: false });
markdown.validateLink = (url) => /^(https?:|mailto:)/i.test(url.trim());
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

const { rules } = markdown.renderer;
rules['text'] = (tokens, index) => showHidden(tokens[index]?.content ?? '', 'prose').html;
rules['code_inline'] = (tokens, index) =>
  `<code>${showHidden(tokens[index]?.content ?? '', 'code').html}</code>`;
rules['code_block'] = (tokens, index) => codeBlock(tokens[index]?.content ?? '', '');
rules['fence'] = (tokens, index) =>
  codeBlock(tokens[index]?.content ?? '', tokens[index]?.info.trim().split(/\s/)[0] ?? '');
rules['link_open'] = (tokens, index) =>
  `<a href="${escapeHtml(attribute(tokens[index], 'href'))}" ${LINK_ATTRIBUTES}>`;
rules['image'] = (tokens, index) => {
  const token = tokens[index];
  const source = attribute(token, 'src');
  const label = token?.content || source;
  return `<a href="${escapeHtml(source)}" ${LINK_ATTRIBUTES}>image: ${escapeHtml(label)}</a>`;
};
// The aligned cells of the package carry a style attribute, which our policy refuses.
rules['th_open'] = (tokens, index) => cell('th', tokens[index]);
rules['td_open'] = (tokens, index) => cell('td', tokens[index]);
rules['table_open'] = () => '<div class="table"><table>';
rules['table_close'] = () => '</table></div>';

/** Copies what stands before it; shown only where the page's script runs. */
const COPY = markup`<button type="button" class="copy" aria-label="Copy code" title="Copy code">${icon('copy')}${icon('check')}</button>`;

function attribute(token: Token | undefined, name: string): string {
  return String(token?.attrGet(name) ?? '');
}

function cell(tag: 'th' | 'td', token: Token | undefined): string {
  const align = /text-align:(center|right)/.exec(attribute(token, 'style'))?.[1];
  return align === undefined ? `<${tag}>` : `<${tag} class="${align}">`;
}

function codeBlock(text: string, language: string): string {
  const label = language === '' ? '' : ` data-language="${escapeHtml(language)}"`;
  const pre = `<pre${label} tabindex="0"><code>${showHidden(text, 'code').html}</code></pre>`;
  return `<div class="code-block">${pre}${COPY.html}</div>`;
}

export function renderMarkdown(text: string): Html {
  return trusted(`<div class="markdown" dir="auto">${markdown.render(text)}</div>`);
}

/** One line without paragraphs, lists and the like. */
export function renderInline(text: string): Html {
  return trusted(markdown.renderInline(text));
}
