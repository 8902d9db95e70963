/**
 * HTML as a value. Invariant: everything that is not an `Html` is escaped when it enters a
 * template, so a renderer cannot forget it. `trusted` is the only way around, for what another
 * escaping renderer made. (The tag is not named `html`: formatters rewrite the white space of
 * templates with that name, and white space counts in `<pre>`.)
 */

/** HTML that is safe to send: made by `markup`, or vouched for with `trusted`. */
export interface Html {
  readonly html: string;
}

export type Child = Html | string | number | false | null | undefined | readonly Child[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as an element's text and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

export function trusted(html: string): Html {
  return { html };
}

function render(child: Child): string {
  if (child === null || child === undefined || child === false) return '';
  if (typeof child === 'string') return escapeHtml(child);
  if (typeof child === 'number') return String(child);
  if ('html' in child) return child.html;
  return child.map(render).join('');
}

/** Template tag: attributes must be quoted; false, null and undefined are nothing. */
export function markup(strings: TemplateStringsArray, ...children: readonly Child[]): Html {
  let html = strings[0] ?? '';
  children.forEach((child, index) => {
    html += render(child) + (strings[index + 1] ?? '');
  });
  return { html };
}
