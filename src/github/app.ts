/**
 * The GitHub App, put together. `webhooks/table.ts` has every event that it listens to. Loaded only
 * when it is configured.
 */
import { createPrivateKey } from 'node:crypto';
import { AppError } from '../core/model/errors.ts';
import { createDeliveryWorker, type Verdict } from '../core/platforms/deliveries.ts';
import { createReach, type Standing } from '../core/platforms/reach.ts';
import type { Surface } from '../core/ports/surface.ts';
import { createGuard } from '../core/sessions/guard.ts';
import { createMintAnswer } from '../core/sessions/answer-by-token.ts';
import { createPace } from '../core/outbox/pace.ts';
import { SURFACE } from './address.ts';
import { createComments } from './client/comments.ts';
import { isTemporary, messageOf, retryAfterOf } from './client/failures.ts';
import { createIdentity, explainSilence, type Identity } from './client/identity.ts';
import { createGitHubAuth, type GitHubAuth } from './client/octokit.ts';
import { createPermissions } from './client/permissions.ts';
import { createShowSeen } from './client/reactions.ts';
import { createRepositories } from './client/repositories.ts';
import { createGitHubSurface } from './client/surface.ts';
import type { Edge, GitHubDeps } from './deps.ts';
import { apiBase, webBase } from './options.ts';
import { catchUp } from './receive/catch-up.ts';
import { createReceiver, WEBHOOK_PATH } from './receive/receive.ts';
import { createCard, createCardLimit } from './outsiders.ts';
import { createMarks } from './renderers/marker.ts';
import { createTriggers } from './triggers.ts';
import { handleDelivery, laneOf } from './webhooks/table.ts';

export interface GitHubApp {
  readonly surface: Surface;
  /** AppError `unavailable` for its names until GitHub has said them. */
  readonly identity: Identity;
  /** Mount it for every method; it takes the raw body. */
  readonly webhooks: {
    readonly path: string;
    readonly handle: (request: Request) => Promise<Response>;
  };
  /**
   * Asks GitHub who we are until it says it; from then on works off what was stored, and asks for
   * what was missed. Resolves after the first answer, or the want of one.
   */
  start(): Promise<void>;
  standing(): Standing;
  stop(): Promise<void>;
  /** Resolves when no delivery is being worked on: for tests. */
  idle(): Promise<void>;
}

/**
 * GitHub allows an installation 900 points a minute. The outbox spends at most 340 of them (68 calls
 * of 5, client/surface.ts); reading for prompts takes at most 500 in any minute.
 */
const READS = { burst: 250, perMinute: 250 } as const;

/** Calls nobody: deliveries are verified and stored at once. AppError `invalid` for a bad key. */
export function createGitHubApp(deps: GitHubDeps): GitHubApp {
  const { options, clock, logger, deliveries, actionTokens } = deps;
  checkKey(options.privateKey);
  const auth = createGitHubAuth(options, logger);
  const identity = createIdentity(auth, options);
  const edge = createEdge(deps, auth, identity);
  const surface = createGitHubSurface({
    ...edge,
    mint: createMintAnswer(actionTokens, SURFACE),
    links: options.links,
    host: options.gheHost,
    webBase: webBase(options),
  });
  const worker = createDeliveryWorker({
    ...deps,
    source: SURFACE,
    laneOf,
    handle: (delivery) => handleDelivery(edge, delivery),
    judge: (error) => judge(error, clock.now()),
    reasonOf: messageOf,
  });
  const api = apiBase(options) ?? 'https://api.github.com';
  const reach = createReach({
    name: 'GitHub',
    connect: () => identity.learn(),
    explain: (error) => explainSilence(error, api),
    onReady: () => {
      worker.start();
      void catchUp({ auth, clock, logger });
    },
    clock,
    logger,
  });
  const onStored = (): void => {
    reach.hurry();
    worker.stored();
  };
  const { webhookSecret: secret } = options;
  return {
    surface,
    identity,
    webhooks: {
      path: WEBHOOK_PATH,
      handle: createReceiver({ secret, deliveries, clock, logger, onStored }),
    },
    start: () => reach.start(),
    standing: () => reach.standing(),
    stop: () => {
      reach.stop();
      return worker.stop();
    },
    idle: () => worker.idle(),
  };
}

function createEdge(deps: GitHubDeps, auth: GitHubAuth, identity: Identity): Edge {
  const { options, clock, logger } = deps;
  const repositories = createRepositories(auth);
  const marks = createMarks(options.signingKey);
  const comments = createComments({ auth, repositories, identity, marks });
  return {
    ...deps,
    auth,
    identity,
    repositories,
    permissions: createPermissions({ auth, repositories, clock }),
    pace: createPace(READS, clock),
    comments,
    marks,
    triggers: createTriggers(),
    showSeen: createShowSeen({ comments, clock, logger }),
    guard: createGuard({ ...deps, clock }),
    cardLimit: createCardLimit(),
    card: createCard(deps),
  };
}

function checkKey(pem: string): void {
  try {
    createPrivateKey(pem);
  } catch (cause) {
    throw new AppError(
      'invalid',
      "PRIVATE_KEY holds no key that can be read. Make a new key on the App's page (Private keys) and set PRIVATE_KEY to it.",
      { cause },
    );
  }
}

function judge(error: unknown, now: number): Verdict {
  const ms = retryAfterOf(error, now);
  if (ms !== undefined) return { kind: 'later', ms };
  return isTemporary(error) ? { kind: 'again' } : { kind: 'never' };
}
