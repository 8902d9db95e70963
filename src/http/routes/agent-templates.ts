/** Agent templates. Values of `env` go in and never come out: they are shown as `***`. */
import { createRoute, z } from '@hono/zod-openapi';
import type { AgentTemplate } from '../../core/model/agent.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Api } from '../api.ts';
import { answers, guarded, idempotencyHeader, jsonBody, otherwise, pageOf } from '../api.ts';
import type { HttpContext } from '../deps.ts';
import { beginAttempt } from '../idempotency.ts';
import { spawnSchema } from '../wire/session-schema.ts';

const MASKED = '***';

const templateId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not a template id');
const envSchema = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string());
const runtimeSchema = z.strictObject({
  provider: z.string().min(1),
  image: z.string().optional(),
  dockerfile: z.string().optional(),
  setup: z.string().optional(),
  env: envSchema.optional(),
});
const changeSchema = z
  .strictObject({
    name: z.string().min(1).max(200),
    spawn: spawnSchema,
    runtime: runtimeSchema.default({ provider: 'local' }),
    env: envSchema.optional(),
    passEnv: z.array(z.string()).optional().openapi({
      description: "Names of variables of the server's own environment that the agent may see.",
    }),
  })
  .openapi('AgentTemplateChange');
const creationSchema = changeSchema
  .extend({ id: templateId.optional() })
  .openapi('AgentTemplateCreation');

export const templateSchema = changeSchema
  .extend({
    id: z.string(),
    version: z.number().int(),
    managed: z.boolean().openapi({ description: 'Built in or from configuration: read-only.' }),
  })
  .openapi('AgentTemplate');
type TemplateWire = z.infer<typeof templateSchema>;

const params = z.object({ id: templateId });
const tags = ['agent templates'];

function masked(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(env).map((name) => [name, MASKED]));
}

function templateWire(template: AgentTemplate): TemplateWire {
  const { runtime, env, passEnv } = template;
  return {
    id: template.id,
    version: template.version,
    name: template.name,
    spawn: { command: template.spawn.command, args: [...template.spawn.args] },
    runtime: { ...runtime, env: runtime.env && masked(runtime.env) },
    env: env && masked(env),
    passEnv: passEnv && [...passEnv],
    managed: template.managed,
  };
}

/** A mask that is sent back means "as it was": whoever reads, edits and writes loses no value. */
function unmasked(
  env: Readonly<Record<string, string>> | undefined,
  before: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (env === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value === MASKED ? (before?.[name] ?? value) : value,
    ]),
  );
}

const notFound = (id: string): AppError =>
  new AppError('not_found', `There is no agent template "${id}".`);
const isManaged = (id: string): AppError =>
  new AppError(
    'conflict',
    `The template "${id}" is managed: it comes from the server or its configuration. Make one of your own with another id.`,
    { details: { state: 'managed' } },
  );

export function templateRoutes(app: Api, http: HttpContext): void {
  reading(app, http);
  creating(app, http);
  changing(app, http);
  removing(app, http);
}

function reading(app: Api, http: HttpContext): void {
  const list = createRoute({
    method: 'get',
    path: '/api/agent-templates',
    tags,
    summary: 'Ways to launch an agent',
    responses: { 200: answers(pageOf(templateSchema), 'All of them.'), ...otherwise },
  });
  app.openapi(guarded(app, 'template.read', list), async (c) => {
    const templates = await http.templates.templates();
    return c.json({ data: templates.map(templateWire), nextCursor: null }, 200);
  });
  const one = createRoute({
    method: 'get',
    path: '/api/agent-templates/{id}',
    tags,
    summary: 'One way to launch an agent, in its newest version',
    request: { params },
    responses: { 200: answers(templateSchema, 'The template.'), ...otherwise },
  });
  app.openapi(guarded(app, 'template.read', one), async (c) => {
    const { id } = c.req.valid('param');
    const template = await http.templates.template(id);
    if (template === undefined) throw notFound(id);
    return c.json(templateWire(template), 200);
  });
}

/** Readable, and new each time: the name, and the end of an id. */
function idFor(name: string, minted: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${slug || 'agent'}-${minted.slice(-8)}`;
}

function creating(app: Api, http: HttpContext): void {
  const route = createRoute({
    method: 'post',
    path: '/api/agent-templates',
    tags,
    summary: 'Register a way to launch an agent',
    request: { headers: idempotencyHeader, body: jsonBody(creationSchema) },
    responses: { 201: answers(templateSchema, 'Stored.'), ...otherwise },
  });
  app.openapi(guarded(app, 'template.write', route), async (c) => {
    const body = c.req.valid('json');
    const attempt = await beginAttempt(c, http, body, { schema: templateSchema, statuses: [201] });
    if (attempt.earlier) return c.json(attempt.earlier.body, 201);
    const derived = c.req.header('idempotency-key') !== undefined && body.id === undefined;
    const id = body.id ?? idFor(body.name, await attempt.id('k'));
    const saved = await http.templates.save({ ...body, id }, !derived);
    if (saved === 'managed') throw isManaged(id);
    if (saved === 'duplicate') {
      throw new AppError('conflict', `There is an agent template "${id}" already.`, {
        details: { state: 'exists' },
      });
    }
    const answer = { status: 201 as const, body: templateWire(saved) };
    await attempt.keep(answer);
    return c.json(answer.body, 201);
  });
}

function changing(app: Api, http: HttpContext): void {
  const route = createRoute({
    method: 'put',
    path: '/api/agent-templates/{id}',
    tags,
    summary: 'A new version of a template; sessions keep the version they started with',
    request: { params, body: jsonBody(changeSchema) },
    responses: { 200: answers(templateSchema, 'Stored as a new version.'), ...otherwise },
  });
  app.openapi(guarded(app, 'template.write', route), async (c) => {
    const { id } = c.req.valid('param');
    const change = c.req.valid('json');
    const before = await http.templates.template(id);
    if (before === undefined) throw notFound(id);
    const saved = await http.templates.save(
      {
        ...change,
        id,
        runtime: { ...change.runtime, env: unmasked(change.runtime.env, before.runtime.env) },
        env: unmasked(change.env, before.env),
      },
      false,
    );
    if (typeof saved === 'string') throw isManaged(id);
    return c.json(templateWire(saved), 200);
  });
}

function removing(app: Api, http: HttpContext): void {
  const route = createRoute({
    method: 'delete',
    path: '/api/agent-templates/{id}',
    tags,
    summary: 'Remove a template; its sessions go on',
    request: { params },
    responses: { 204: { description: 'Gone.' }, ...otherwise },
  });
  app.openapi(guarded(app, 'template.write', route), async (c) => {
    const { id } = c.req.valid('param');
    const removed = await http.templates.remove(id);
    if (removed === 'not_found') throw notFound(id);
    if (removed === 'managed') throw isManaged(id);
    return c.body(null, 204);
  });
}
