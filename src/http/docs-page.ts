/** The document as a page that reads well: made from the document alone, with no script. */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';

/** As much of OpenAPI as the page shows. */
const operationSchema = z.object({
  summary: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(z.unknown()).optional(),
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.unknown()).optional(),
});
const documentSchema = z.object({
  info: z.object({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});
type Operation = z.infer<typeof operationSchema>;
type ApiDocument = z.infer<typeof documentSchema>;

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8884; border-radius: .375rem; }
details { border-bottom: 1px solid #8884; padding: .5rem 0; }
summary { cursor: pointer; }
.method { display: inline-block; min-width: 4rem; font-weight: 600; text-transform: uppercase; }
.scope { float: right; opacity: .7; }
h2 { margin-top: 2rem; text-transform: capitalize; }
`;

/** What a Content-Security-Policy needs to know of the page's one style. */
export const DOCS_STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function block(title: string, value: unknown): string {
  if (value === undefined) return '';
  return `<p>${title}</p><pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const scope = operation.security?.[0]?.['bearer']?.[0];
  return `<details><summary><span class="method">${method}</span> <code>${escaped(path)}</code>
<span class="scope">${scope === undefined ? 'no token' : `scope ${escaped(scope)}`}</span><br>${escaped(operation.summary ?? '')}</summary>
${operation.description === undefined ? '' : `<p>${escaped(operation.description)}</p>`}
${block('Parameters', operation.parameters)}${block('Body', operation.requestBody)}${block('Answers', operation.responses)}
</details>`;
}

function operations(document: ApiDocument): ReadonlyMap<string, string[]> {
  const byTag = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), operationHtml(method, path, operation)]);
    }
  }
  return byTag;
}

/** `source` is an OpenAPI document. */
export function docsPage(source: unknown): string {
  const document = documentSchema.parse(source);
  const sections = [...operations(document)]
    .map(([tag, items]) => `<h2>${escaped(tag)}</h2>${items.join('')}`)
    .join('');
  const schemas = Object.entries(document.components.schemas)
    .map(
      ([name, schema]) =>
        `<details id="${escaped(name)}"><summary><code>${escaped(name)}</code></summary>${block('', schema)}</details>`,
    )
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(document.info.title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(document.info.title)} <small>${escaped(document.info.version)}</small></h1>
<p>Send <code>Authorization: Bearer tc_…</code> with every call. The same as JSON: <a href="/api/openapi.json">openapi.json</a>.
Live: WebSocket at <code>/ws</code> and <code>/ws/sessions/:id</code>; the token goes into <code>Authorization</code>, or from a
browser into the subprotocols <code>threadcast, threadcast.token.&lt;token&gt;</code>.</p>
${sections}<h2>Schemas</h2>${schemas}</body></html>
`;
}
