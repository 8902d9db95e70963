/** What the App asks as itself: who it is, its installations, tokens, and its webhook deliveries. */
import type { Auth } from './auth.ts';
import type { Delivery, Hooks } from './hooks.ts';
import { iso } from './json.ts';
import type { JsonViews } from './json.ts';
import { ApiError, invalid, notFound } from './model.ts';
import type { Installation, Json, Permissions, Repo } from './model.ts';
import { tokenOf } from './router.ts';
import type { Request, Route } from './router.ts';

const RANK: Readonly<Record<string, number>> = { read: 1, write: 2, admin: 3 };

export function allows(permissions: Permissions, need: string): boolean {
  const [name = '', level = ''] = need.split(':');
  return (RANK[permissions[name] ?? ''] ?? 0) >= (RANK[level] ?? Infinity);
}

function installationOf(request: Request): Installation {
  const id = Number(request.params['installation_id']);
  const found = request.world.installations.find((one) => one.id === id && !one.deleted);
  if (found === undefined) throw notFound();
  if (found.suspendedAt !== null) throw new ApiError(403, 'This installation has been suspended');
  return found;
}

function wantedRepos(request: Request, installation: Installation): ReadonlySet<Repo> | null {
  const { repositories, repository_ids: ids } = request.body;
  if (!Array.isArray(repositories) && !Array.isArray(ids)) return null;
  const wanted = [
    ...(Array.isArray(repositories) ? repositories : []),
    ...(Array.isArray(ids) ? ids : []),
  ];
  return new Set(
    wanted.map((one) => {
      const repo = [...installation.repos].find(({ id, name }) => id === one || name === one);
      if (repo === undefined) {
        throw invalid(
          'Repository',
          'repositories',
          'There is at least one repository that does not exist or is not accessible to the parent installation.',
        );
      }
      return repo;
    }),
  );
}

function wantedPermissions(request: Request, installation: Installation): Permissions {
  const asked = request.body['permissions'];
  if (typeof asked !== 'object' || asked === null) return installation.permissions;
  const wanted = Object.entries(asked).map(([name, level]) => [name, String(level)] as const);
  for (const [name, level] of wanted) {
    if (!allows(installation.permissions, `${name}:${level}`)) {
      throw new ApiError(422, 'The permissions requested are not granted to this installation.');
    }
  }
  return { metadata: 'read', ...Object.fromEntries(wanted) };
}

const deliveryJson = (one: Delivery): Json => ({
  id: one.id,
  guid: one.guid,
  delivered_at: new Date(one.at).toISOString(),
  redelivery: one.redelivery,
  duration: 0.27,
  status: one.status,
  status_code: one.statusCode,
  event: one.event,
  action: one.action,
  installation_id: one.installationId,
  repository_id: one.repositoryId,
  throttled_at: null,
});

const THREE_DAYS = 3 * 86_400_000;

/** Newest first, at most 100 a page, by cursor; older than three days are gone. */
function listDeliveries(request: Request, hooks: Hooks, api: string): Json {
  const { query, world } = request;
  const size = Math.min(100, Number(query.get('per_page') ?? 30));
  const before = query.get('cursor') === null ? Infinity : Number(query.get('cursor'));
  const status = query.get('status');
  const rows = hooks.deliveries
    .filter((one) => one.statusCode !== 0 && one.at > world.clock.now() - THREE_DAYS)
    .filter((one) => status === null || (status === 'success') === one.statusCode < 400)
    .filter((one) => one.id < before)
    .toReversed();
  const part = rows.slice(0, size);
  const last = part.at(-1);
  const next = new URLSearchParams(query);
  if (last !== undefined) next.set('cursor', String(last.id));
  const more = rows.length > size;
  return {
    body: part.map(deliveryJson),
    link: more ? `<${api}/app/hook/deliveries?${next.toString()}>; rel="next"` : null,
  };
}

export function appRoutes(views: JsonViews, auth: Auth, hooks: Hooks, api: () => string): Route[] {
  const one = (request: Request): Delivery => {
    const id = Number(request.params['delivery_id']);
    const delivery = hooks.deliveries.find((row) => row.id === id);
    if (delivery === undefined) throw notFound();
    return delivery;
  };
  return [
    {
      method: 'GET',
      path: '/app',
      op: 'apps/get-authenticated',
      who: 'app',
      run: ({ world }) => ({
        status: 200,
        body: {
          ...views.app(world.app),
          installations_count: world.installations.filter(({ deleted }) => !deleted).length,
        },
      }),
    },
    {
      method: 'GET',
      path: '/app/hook/config',
      op: 'apps/get-webhook-config-for-app',
      who: 'app',
      run: () => ({
        status: 200,
        body: {
          content_type: 'json',
          insecure_ssl: '0',
          secret: '********',
          url: typeof hooks.target === 'string' ? hooks.target : '',
        },
      }),
    },
    {
      method: 'GET',
      path: '/app/installations',
      op: 'apps/list-installations',
      who: 'app',
      run: ({ world, page }) =>
        page(world.installations.filter(({ deleted }) => !deleted).map(views.installation)),
    },
    {
      method: 'GET',
      path: '/app/installations/{installation_id}',
      op: 'apps/get-installation',
      who: 'app',
      run: (request) => ({ status: 200, body: views.installation(installationOf(request)) }),
    },
    {
      method: 'POST',
      path: '/app/installations/{installation_id}/access_tokens',
      op: 'apps/create-installation-access-token',
      who: 'app',
      run: (request) => {
        const installation = installationOf(request);
        const repos = wantedRepos(request, installation);
        const permissions = wantedPermissions(request, installation);
        const made = auth.issue(installation, permissions, repos);
        return {
          status: 201,
          body: {
            token: made.token,
            expires_at: iso(made.expiresAt),
            permissions,
            repository_selection: 'selected',
            ...(repos === null ? {} : { repositories: [...repos].map(views.repo) }),
          },
        };
      },
    },
    {
      method: 'DELETE',
      path: '/installation/token',
      op: 'apps/revoke-installation-access-token',
      who: 'installation',
      run: (request) => {
        tokenOf(request).revoked = true;
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: '/installation/repositories',
      op: 'apps/list-repos-accessible-to-installation',
      who: 'installation',
      run: (request) => {
        const { installation, repos } = tokenOf(request);
        const seen = [...installation.repos].filter((repo) => repos?.has(repo) ?? true);
        return request.page(seen.map(views.repo), (part) => ({
          total_count: seen.length,
          repository_selection: 'selected',
          repositories: part,
        }));
      },
    },
    {
      method: 'GET',
      path: '/app/hook/deliveries',
      op: 'apps/list-webhook-deliveries',
      who: 'app',
      run: (request) => {
        const { body, link } = listDeliveries(request, hooks, api());
        const headers: Record<string, string> = typeof link === 'string' ? { link } : {};
        return { status: 200, body, headers };
      },
    },
    {
      method: 'GET',
      path: '/app/hook/deliveries/{delivery_id}',
      op: 'apps/get-webhook-delivery',
      who: 'app',
      run: (request) => {
        const delivery = one(request);
        const payload: unknown = JSON.parse(delivery.body);
        return { status: 200, body: { ...deliveryJson(delivery), request: { payload } } };
      },
    },
    {
      method: 'POST',
      path: '/app/hook/deliveries/{delivery_id}/attempts',
      op: 'apps/redeliver-webhook-delivery',
      who: 'app',
      run: (request) => {
        void hooks.redeliver(one(request));
        return { status: 202, body: {} };
      },
    },
  ];
}
