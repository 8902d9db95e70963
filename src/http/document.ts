/** The OpenAPI 3.1 document, generated from the schemas that validate, and the page made of it. */
import { docsPage, DOCS_STYLE_HASH } from './docs-page.ts';
import type { Api } from './api.ts';
import type { HttpContext } from './deps.ts';
import { sessionEventSchema } from './wire/event-schema.ts';
import { clientMessageSchema, serverMessageSchema } from './ws/channel-messages.ts';

export function documentRoutes(app: Api, http: HttpContext): void {
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.register('SessionEvent', sessionEventSchema);
  registry.register('WebSocketClientMessage', clientMessageSchema);
  registry.register('WebSocketServerMessage', serverMessageSchema);

  const make = () =>
    app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Threadcast',
        version: http.version,
        description: 'The control plane: sessions of coding agents, by REST and WebSocket.',
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      servers: [{ url: http.publicUrl }],
    });
  let made: ReturnType<typeof make> | undefined;
  let page: string | undefined;

  app.get('/api/openapi.json', (c) => c.json((made ??= make())));
  app.get('/api/docs', (c) => {
    page ??= docsPage((made ??= make()));
    c.header('Content-Security-Policy', `default-src 'none'; style-src '${DOCS_STYLE_HASH}'`);
    return c.html(page);
  });
}
