/** What the browser shows during the set-up. */

export function startPage(action: string, manifest: string): string {
  return page(
    'Threadcast: make the GitHub App',
    `<form action="${escaped(action)}" method="post">
<input type="hidden" name="manifest" value="${escaped(manifest)}">
<button>Go on to GitHub</button>
</form>
<p>GitHub shows the App's name, which you may change, and a button that makes it.</p>`,
  );
}

/** `html_url`: of the App. */
export function doneText(app: { readonly slug: string; readonly html_url: string }): string {
  const install = escaped(`${app.html_url}/installations/new`);
  return page(
    `The App ${escaped(app.slug)} is made`,
    `<p>Its secrets go to the terminal's directory. <a href="${install}">Install it</a> in your repositories.</p>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
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
