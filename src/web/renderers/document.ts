/** The HTML around every page, and where the page's script speaks to the person. */
import { markup, type Child, type Html } from './html.ts';
import { iconSprite } from './icon.ts';

interface Shell {
  readonly title: string;
  /** Address of the page's script; it hangs off the version of the assets. */
  readonly script: string;
  readonly head?: Html;
}

export function renderDocument(shell: Shell, body: Child): string {
  return markup`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
  <meta name="color-scheme" content="light dark">
  <title>${shell.title}</title>
  <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/assets/style.css">
  <script type="module" src="${shell.script}"></script>
  ${shell.head}
</head>
<body>
${iconSprite()}
${body}
</body>
</html>`.html;
}

/** State of the connection, what changed for those who do not see it, and answers of the server. */
export function renderNotes(): Html {
  return markup`<p id="connection" role="status" hidden></p>
  <p id="announcer" class="sr-only" role="status" aria-live="polite"></p>
  <div id="toast" role="alert" hidden></div>`;
}
