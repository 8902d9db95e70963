/**
 * The GitHub App, put together. `webhooks/table.ts` has every event that it listens to. Loaded only
 * when it is configured.
 */
import type { Surface } from '../core/ports/surface.ts';
import { createGuard } from '../core/sessions/guard.ts';
import { createMintAnswer } from '../core/sessions/answer-by-token.ts';
import { createPace } from '../core/outbox/pace.ts';
import { SURFACE } from './address.ts';
import { createComments } from './client/comments.ts';
import { readIdentity, type Identity } from './client/identity.ts';
import { createGitHubAuth } from './client/octokit.ts';
import { createPermissions } from './client/permissions.ts';
import { createShowSeen } from './client/reactions.ts';
import { createRepositories } from './client/repositories.ts';
import { createGitHubSurface } from './client/surface.ts';
import type { Edge, GitHubDeps } from './deps.ts';
import { catchUp } from './receive/catch-up.ts';
import { createReceiver, WEBHOOK_PATH } from './receive/receive.ts';
import { createWorker } from './receive/worker.ts';
import { createCardLimit } from './outsiders.ts';
import { webBase } from './options.ts';
import { createMarks } from './renderers/marker.ts';
import { createTriggers } from './triggers.ts';
import { handleDelivery, laneOf } from './webhooks/table.ts';

export interface GitHubApp {
  readonly surface: Surface;
  readonly identity: Identity;
  /** Mount it for every method; it takes the raw body. */
  readonly webhooks: {
    readonly path: string;
    readonly handle: (request: Request) => Promise<Response>;
  };
  /** Works off what was stored, and asks for what was missed. */
  start(): void;
  stop(): Promise<void>;
  /** Resolves when no delivery is being worked on: for tests. */
  idle(): Promise<void>;
}

/**
 * GitHub allows an installation 900 points a minute. The outbox spends at most 340 of them (68 calls
 * of 5, client/surface.ts); reading for prompts takes at most 500 in any minute.
 */
const READS = { burst: 250, perMinute: 250 } as const;

/** Asks GitHub who we are: rejects when APP_ID or PRIVATE_KEY is wrong, or GitHub is away. */
export async function createGitHubApp(deps: GitHubDeps): Promise<GitHubApp> {
  const { options, clock, logger, deliveries, leases, actionTokens } = deps;
  const auth = createGitHubAuth(options, logger);
  const identity = await readIdentity(auth, options.aliases);
  const repositories = createRepositories(auth);
  const permissions = createPermissions({ auth, repositories, clock });
  const marks = createMarks(options.signingKey);
  const comments = createComments({ auth, repositories, identity, marks });
  const triggers = createTriggers();
  const edge: Edge = {
    ...deps,
    auth,
    identity,
    repositories,
    permissions,
    pace: createPace(READS, clock),
    comments,
    marks,
    triggers,
    showSeen: createShowSeen({ clock, logger }),
    guard: createGuard({ ...deps, clock }),
    cardLimit: createCardLimit(),
  };
  const surface = createGitHubSurface({
    comments,
    marks,
    triggers,
    clock,
    mint: createMintAnswer(actionTokens, SURFACE),
    links: options.links,
    webBase: webBase(options),
  });
  const worker = createWorker({
    deliveries,
    leases,
    clock,
    logger,
    laneOf,
    handle: (delivery) => handleDelivery(edge, delivery),
  });
  const { webhookSecret: secret } = options;
  const receive = createReceiver({ secret, deliveries, clock, logger, onStored: worker.wake });
  return {
    surface,
    identity,
    webhooks: { path: WEBHOOK_PATH, handle: receive },
    start: () => {
      worker.start();
      void catchUp({ auth, clock, logger });
    },
    stop: () => worker.stop(),
    idle: () => worker.idle(),
  };
}
