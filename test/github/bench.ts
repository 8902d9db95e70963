/** The GitHub App with the whole of core behind it, on the fake GitHub, with people who use it. */
import { createActionTokens, type ActionTokens } from '../../src/core/access/action-token.ts';
import type { Surface } from '../../src/core/ports/surface.ts';
import { createGitHubApp, type GitHubApp } from '../../src/github/app.ts';
import type { GitHubOptions } from '../../src/github/options.ts';
import {
  createCoreStores,
  startCore,
  type CoreServer,
  type EdgeDeps,
} from '../harness/core-bench.ts';
import { createFakeGitHub, type FakeGitHubOptions } from '../harness/fake-github/fake-github.ts';
import { settle } from '../harness/manual-clock.ts';

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
export const WEBHOOKS = 'http://threadcast.test/api/github/webhooks';

export type GitHubBench = Awaited<ReturnType<typeof openGitHub>>;

export async function openGitHub(
  over: Partial<GitHubOptions> = {},
  how: Omit<FakeGitHubOptions, 'clock'> = {},
  /** Makes what else stands on the same core, such as the page; once for each start. */
  beside: (
    deps: EdgeDeps,
    github: { surface: Surface; actionTokens: ActionTokens },
  ) => void = () => {},
) {
  const stores = createCoreStores();
  const { clock } = stores;
  // Octokit signs with the machine's time; here it is the time of the test.
  const realNow = Date.now;
  Date.now = () => clock.now();
  const github = await createFakeGitHub({ clock, ...how });
  const { world, people, hooks } = github;
  const acme = world.user('acme', 'Organization');
  const ann = github.user('ann');
  const mia = github.user('mia');
  const eve = github.user('eve');
  const roles = [
    [ann, 'write'],
    [mia, 'maintain'],
  ] as const;
  const repo = world.repo('shop', { owner: acme, roles });
  const installation = people.install(mia, acme, [repo]);
  let app: GitHubApp | undefined = undefined;
  let underWay = 0;

  const options: GitHubOptions = {
    appId: world.app.id,
    privateKey: github.privateKey,
    webhookSecret: github.secret,
    apiUrl: github.url,
    gheHost: github.host,
    aliases: [],
    labels: ['agent'],
    bots: [],
    untaggedReplies: false,
    signingKey: key(5),
    fetch: async (input, init) => {
      underWay += 1;
      try {
        const response = await fetch(input, init);
        const body = await response.arrayBuffer();
        const { status, headers } = response;
        return new Response(status === 204 || status === 304 ? null : body, { status, headers });
      } finally {
        underWay -= 1;
      }
    },
    ...over,
  };
  const makeEdge = async (deps: EdgeDeps) => {
    const actionTokens = createActionTokens({ key: key(7) });
    const made = createGitHubApp({ ...deps, actionTokens, options });
    app = made;
    beside(deps, { surface: made.surface, actionTokens });
    return {
      surface: made.surface,
      get mentions() {
        return made.identity.names;
      },
      untaggedReplies: options.untaggedReplies,
      start: () => made.start(),
      stop: () => made.stop(),
    };
  };
  let server: CoreServer = await startCore(stores, makeEdge);
  hooks.target = async (headers, body) => {
    if (app === undefined) throw new Error('no app');
    const response = await app.webhooks.handle(
      new Request(WEBHOOKS, { method: 'POST', headers, body }),
    );
    return { status: response.status };
  };

  /** Ends the server while time passes: it waits for its workers by the clock. */
  const stop = async (running: CoreServer): Promise<void> => {
    let hasStopped = false;
    const stopped = running.stop().finally(() => {
      hasStopped = true;
    });
    await clock.until(() => hasStopped);
    await stopped;
  };

  /** Nothing is under way on the wire, and no delivery is being worked on. */
  const quiet = async (): Promise<void> => {
    for (let calm = 0; calm < 3; calm += 1) {
      await hooks.idle();
      await app?.idle();
      while (underWay > 0) {
        calm = 0;
        await settle();
      }
      // What is being handled leaves the thread for digests; bounded, as some of it waits for time.
      for (let turn = 0; turn < 100 && (await stores.inbox.pending(1)).length > 0; turn += 1) {
        await new Promise<void>((resolve) => {
          setTimeout(resolve, 1);
        });
      }
      await settle();
    }
  };

  return {
    stores,
    clock,
    agents: stores.agents,
    github,
    world,
    people,
    hooks,
    repo,
    installation,
    ann,
    mia,
    eve,
    quiet,
    webhook: (request: Request) => {
      if (app === undefined) throw new Error('no app');
      return app.webhooks.handle(request);
    },
    /** Lets time pass, the wire being quiet before each step. */
    pass: async (ms: number, step = 500): Promise<void> => {
      for (let left = ms; left > 0; left -= step) {
        await quiet();
        await clock.advance(Math.min(step, left));
      }
      await quiet();
    },
    until: (done: () => boolean | Promise<boolean>, within = 60_000) =>
      clock.until(
        async () => {
          await quiet();
          return done();
        },
        within,
        200,
      ),
    standing: () => {
      if (app === undefined) throw new Error('no app');
      return app.standing();
    },
    restart: async (): Promise<void> => {
      await stop(server);
      server = await startCore(stores, makeEdge);
    },
    close: async (): Promise<void> => {
      try {
        await stop(server);
        await github.stop();
      } finally {
        Date.now = realNow;
      }
      if (github.errors.length > 0) throw new Error(github.errors.join('\n'));
    },
  };
}
