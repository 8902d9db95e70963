import { afterAll, beforeAll, expect, it } from 'vitest';
import { sessionEventSchemas } from '../../src/core/model/events.ts';
import type { TestServer } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

interface Operation {
  readonly summary?: string;
  readonly security?: unknown;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

let server: TestServer;
let document: Document;
let text: string;
beforeAll(async () => {
  server = await startServer();
  text = await (await server.call('GET', '/api/openapi.json', { token: null })).text();
  document = JSON.parse(text) as Document;
});
afterAll(() => server.close());

it('is an OpenAPI 3.1 document whose references all lead somewhere', () => {
  expect(document.openapi).toBe('3.1.0');
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(50);
  for (const [, name = ''] of references)
    expect(document.components.schemas).toHaveProperty([name]);
});

it('describes every operation: what it does, its answers, its parameters', () => {
  for (const [path, operations] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const isOpen = path.startsWith('/api/health');
    for (const operation of Object.values(operations)) {
      expect(operation.summary).toBeTruthy();
      for (const answer of Object.values(operation.responses)) {
        expect(answer.description).toBeTruthy();
      }
      const named = (operation.parameters ?? []).filter((one) => one.in === 'path');
      expect(named.map((one) => one.name)).toEqual(inPath);
      expect([operation.security === undefined, 'default' in operation.responses]).toEqual([
        isOpen,
        !isOpen,
      ]);
    }
  }
});

it('has the same operations under both names of a session', () => {
  const under = (base: string): string[] =>
    Object.entries(document.paths)
      .filter(([path]) => path.startsWith(base))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path.slice(base.length)}`),
      );
  expect(under('/api/agents').filter((name) => !name.includes('templates'))).toEqual(
    under('/api/sessions'),
  );
});

it('carries the closed union of events', () => {
  for (const type of Object.keys(sessionEventSchemas)) {
    const schema = document.components.schemas[`SessionEvent.${type}`];
    expect(schema).toMatchObject({ properties: { type: { enum: [type] } } });
  }
  expect(document.components.schemas['SessionEvent']).toMatchObject({
    anyOf: Object.keys(sessionEventSchemas).map((type) => ({
      $ref: `#/components/schemas/SessionEvent.${type}`,
    })),
  });
});

it('says that unknown fields of a body are refused', () => {
  expect(document.components.schemas['SessionCreation']).toMatchObject({
    additionalProperties: false,
  });
});

it('reads as a page that needs nothing from elsewhere', async () => {
  const response = await server.call('GET', '/api/docs', { token: null });
  const page = await response.text();
  expect(page).toContain('<code>/api/sessions/{id}/prompts</code>');
  expect(page).not.toMatch(/<script|src=|@import|url\(/);
  const hash = /style-src '(sha256-[^']+)'/.exec(
    response.headers.get('Content-Security-Policy') ?? '',
  )?.[1];
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style));
  expect(hash).toBe(`sha256-${Buffer.from(digest).toString('base64')}`);
});
