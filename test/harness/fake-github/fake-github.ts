/**
 * A GitHub with state on loopback, for tests of the GitHub App: the API that an App uses with the
 * limits that GitHub has, webhooks for what people and the App do, and faults on both ways.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { Clock } from '../../../src/core/ports/clock.ts';
import { systemClock } from '../../../src/core/ports/system-clock.ts';
import { createActions } from './actions.ts';
import { createAuth } from './auth.ts';
import type { InstallationToken } from './auth.ts';
import { createHooks } from './hooks.ts';
import type { Hooks, HookTarget } from './hooks.ts';
import { createJsonViews } from './json.ts';
import type { Links } from './json.ts';
import { createLimiter, GITHUB_LIMITS } from './limits.ts';
import type { Limits } from './limits.ts';
import type { Comment, Issue, User } from './model.ts';
import { createPeople } from './people.ts';
import type { People } from './people.ts';
import { createPullActions } from './pull-actions.ts';
import { appRoutes } from './routes-app.ts';
import { checkRoutes } from './routes-checks.ts';
import { issueRoutes } from './routes-issues.ts';
import { pullRoutes } from './routes-pulls.ts';
import { repoRoutes } from './routes-repos.ts';
import { setupRoutes } from './routes-setup.ts';
import { loadSchemas } from './schemas.ts';
import { createApiServer } from './server.ts';
import type { ApiCall, ApiFault } from './server.ts';
import { visible } from './visible.ts';
import { createWorld } from './world.ts';
import type { AppOptions, World } from './world.ts';

export interface FakeGitHubOptions {
  /** Dates, tokens, rate limits and delays; default the real time. */
  readonly clock?: Clock;
  /** Where webhooks go; may be set later through `hooks.target`. */
  readonly target?: HookTarget | null;
  readonly app?: Partial<AppOptions>;
  readonly secret?: string;
  readonly limits?: Partial<Limits>;
  /**
   * How long tokens of installations live; default an hour. Octokit keeps them by the real time,
   * so a test that simulates more than an hour gives more.
   */
  readonly tokenMs?: number;
  /** The API lives under `/api/v3`, as on GitHub Enterprise Server; default false. Both answer. */
  readonly ghes?: boolean;
}

export interface FakeGitHub {
  /** Base of the API, without a slash at the end: Octokit's `baseUrl`. */
  readonly url: string;
  /** `host:port`, for `GHE_HOST` with `GHE_PROTOCOL=http`. */
  readonly host: string;
  /** PEM (PKCS#1, as GitHub gives it) with which the App signs. */
  readonly privateKey: string;
  readonly secret: string;
  readonly world: World;
  readonly people: People;
  readonly hooks: Hooks;
  /** Every call of the API, in the order of arrival. */
  readonly calls: readonly ApiCall[];
  /** Calls that the fault `slow` keeps waiting for the clock. */
  held(): number;
  /** What the real GitHub would not have understood: assert that it is empty. */
  readonly errors: string[];
  /** Whether request bodies are checked against the public schemas. */
  readonly schemas: boolean;
  readonly tokens: readonly InstallationToken[];
  /** Decides the fate of each call of the API; undefined = it works. */
  fault: (call: ApiCall) => ApiFault | undefined;
  /** What every answer says is left of the hour's 5,000 calls; nothing is refused for it. */
  callsLeft: number;
  /** Calls by GitHub's name (`issues/create-comment`) and status, or all. */
  count(op?: string, status?: number): number;
  user(login: string): User;
  /** Comments of the App on this thread, oldest first. */
  botComments(issue: Issue): readonly Comment[];
  visible(issue: Issue): string;
  stop(): Promise<void>;
}

/** What our App asks for; tests of `app.yml` compare. */
export const DEFAULT_APP: AppOptions = {
  id: 424_242,
  slug: 'threadcast',
  name: 'Threadcast',
  permissions: {
    issues: 'write',
    pull_requests: 'write',
    checks: 'write',
    metadata: 'read',
  },
  events: [
    'issue_comment',
    'issues',
    'pull_request',
    'pull_request_review',
    'pull_request_review_comment',
    'check_run',
    'repository',
  ],
};

export async function createFakeGitHub(options: FakeGitHubOptions = {}): Promise<FakeGitHub> {
  const { clock = systemClock, secret = 'It is a secret to everybody' } = options;
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const world = createWorld(clock, { ...DEFAULT_APP, ...options.app });
  const links: { -readonly [key in keyof Links]: string } = { api: '', html: '' };
  const views = createJsonViews(world, links);
  const hooks = createHooks({
    clock,
    secret,
    appId: world.app.id,
    nextId: () => world.id('delivery'),
    events: world.app.events,
    target: options.target ?? null,
  });
  const auth = createAuth(clock, world.app, keys.publicKey, options.tokenMs);
  const actions = createActions(world, views, hooks);
  const pulls = createPullActions(world, views, actions.tell);
  const schemas = loadSchemas();
  const calls: ApiCall[] = [];
  const held = { calls: 0 };
  const errors: string[] = [];

  const server = createApiServer({
    world,
    clock,
    auth,
    limiter: createLimiter(clock, { ...GITHUB_LIMITS, ...options.limits }),
    schemas,
    routes: [
      ...appRoutes(views, auth, hooks, () => links.api),
      ...issueRoutes(views, actions),
      ...pullRoutes(views, actions, pulls),
      ...checkRoutes(views, pulls),
      ...repoRoutes(views),
      ...setupRoutes(keys.privateKey, secret),
    ],
    fault: (call) => github.fault(call),
    calls,
    held,
    errors,
    baseUrl: () => links.api,
    callsLeft: () => github.callsLeft,
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const host = `127.0.0.1:${port}`;
  links.html = `http://${host}`;
  links.api = options.ghes === true ? `http://${host}/api/v3` : `http://${host}`;

  const github: FakeGitHub = {
    url: links.api,
    host,
    privateKey: keys.privateKey,
    secret,
    world,
    people: createPeople(world, actions, pulls),
    hooks,
    calls,
    held: () => held.calls,
    errors,
    schemas: schemas.available,
    tokens: auth.tokens,
    fault: () => undefined,
    callsLeft: 4999,
    count: (op, status) =>
      calls.filter(
        (call) =>
          (op === undefined || call.op === op) && (status === undefined || call.status === status),
      ).length,
    user: (login) => {
      const found = world.users.find((user) => user.login === login);
      return found ?? world.user(login);
    },
    botComments: (issue) =>
      world.comments.filter(
        (one) => one.issue === issue && one.author === world.app.bot && !one.deleted,
      ),
    visible: (issue) => visible(world, issue),
    stop: async () => {
      hooks.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
  return github;
}
