/**
 * Making an App from a manifest, as a person does it on the page: the form is posted, GitHub sends
 * the browser back with a code that is good for one conversion within an hour.
 */
import { randomBytes } from 'node:crypto';
import { ApiError, invalid, notFound } from './model.ts';
import type { Json } from './model.ts';
import type { Reply, Request, Route } from './router.ts';
import type { World } from './world.ts';

const CODE_MS = 3_600_000;

interface Made {
  readonly manifest: Json;
  readonly at: number;
  /** Organisation that owns it; null = the person. */
  readonly org: string | null;
}

function manifestOf(request: Request): Json {
  const { manifest } = request.body;
  if (typeof manifest !== 'string') throw new ApiError(422, 'The form has no manifest');
  const parsed: unknown = JSON.parse(manifest);
  const given: Json = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  const { url, redirect_url: back, hook_attributes: hook } = given;
  if (typeof url !== 'string') throw invalid('Integration', 'url', "url wasn't supplied");
  if (typeof back !== 'string') throw invalid('Integration', 'redirect_url', 'must be supplied');
  const address: unknown =
    typeof hook === 'object' && hook !== null ? Reflect.get(hook, 'url') : '';
  if (hook !== undefined && typeof address !== 'string') {
    throw invalid('Integration', 'hook_attributes', "url wasn't supplied");
  }
  return given;
}

function converted({ app, users }: World, made: Made, privateKey: string, secret: string): Json {
  const owner = users.find(({ login }) => login === made.org) ?? app.owner;
  const { manifest } = made;
  return {
    id: app.id,
    slug: app.slug,
    node_id: 'A_1',
    owner: { login: owner.login, id: owner.id, type: owner.type },
    name: manifest['name'] ?? app.name,
    client_id: app.clientId,
    client_secret: randomBytes(20).toString('hex'),
    webhook_secret: secret,
    pem: privateKey,
    html_url: `https://github.example/apps/${app.slug}`,
    permissions: manifest['default_permissions'] ?? {},
    events: manifest['default_events'] ?? [],
  };
}

export function setupRoutes(privateKey: string, secret: string): Route[] {
  const codes = new Map<string, Made>();
  const create = (request: Request, org: string | null): Reply => {
    const manifest = manifestOf(request);
    const code = randomBytes(20).toString('hex');
    codes.set(code, { manifest, at: request.world.clock.now(), org });
    const back = new URL(String(manifest['redirect_url']));
    back.searchParams.set('code', code);
    const state = request.query.get('state');
    if (state !== null) back.searchParams.set('state', state);
    return { status: 302, headers: { location: back.href } };
  };
  return [
    {
      method: 'POST',
      path: '/settings/apps/new',
      op: 'page/create-app',
      who: 'anybody',
      run: (request) => create(request, null),
    },
    {
      method: 'POST',
      path: '/organizations/{org}/settings/apps/new',
      op: 'page/create-app',
      who: 'anybody',
      run: (request) => create(request, request.params['org'] ?? null),
    },
    {
      method: 'POST',
      path: '/app-manifests/{code}/conversions',
      op: 'apps/create-from-manifest',
      who: 'anybody',
      run: ({ params, world }) => {
        const code = params['code'] ?? '';
        const made = codes.get(code);
        codes.delete(code);
        if (made === undefined || made.at + CODE_MS <= world.clock.now()) throw notFound();
        return { status: 201, body: converted(world, made, privateKey, secret) };
      },
    },
  ];
}
