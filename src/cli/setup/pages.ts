/** What the browser shows during the set-up. Nothing in it is secret. */
import { createHash } from 'node:crypto';

const STYLE =
  ':root{color-scheme:light dark}body{font:1.05rem/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1.2rem;cursor:pointer}';

/** The style sheet's source for the Content-Security-Policy. */
export const PAGE_STYLE = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

export function startPage(action: string, manifest: string): string {
  return page(
    'Threadcast: make the GitHub App',
    `<p>GitHub shows the App's name next. Every name is there only once in all of GitHub, so change it if it is taken; then press <b>Create GitHub App</b>.</p>
<form action="${escaped(action)}" method="post">
<input type="hidden" name="manifest" value="${escaped(manifest)}">
<button>Go on to GitHub</button>
</form>`,
  );
}

/** `html_url`: of the App. */
export function donePage(app: { readonly slug: string; readonly html_url: string }): string {
  const install = escaped(`${app.html_url}/installations/new`);
  return page(
    `The App ${escaped(app.slug)} is made`,
    `<p>The terminal says where its secrets are. Next, <a href="${install}">install it</a> in your repositories.</p>`,
  );
}

/** `sentence`: ours, without anything that came from outside. */
export function plainPage(sentence: string): string {
  return page('Threadcast', `<p>${sentence}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
${body}
</html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
