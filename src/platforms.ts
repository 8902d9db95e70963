/**
 * GitHub and Slack, composed like app.ts and for it: each is loaded only when it is configured,
 * because their libraries are large.
 */
import { readFile } from 'node:fs/promises';
import type { Config } from './config/config.ts';
import type { ActionTokens } from './core/access/action-token.ts';
import type { PageLinks } from './core/access/page-links.ts';
import type { Inbound } from './core/inbound/inbound.ts';
import { AppError } from './core/model/errors.ts';
import type { Outbox } from './core/outbox/outbox.ts';
import type { Standing } from './core/platforms/reach.ts';
import type { Leases } from './core/ports/leases.ts';
import type { Logger } from './core/ports/logger.ts';
import type { Surface } from './core/ports/surface.ts';
import { systemClock } from './core/ports/system-clock.ts';
import type { WakeBus } from './core/ports/wake-bus.ts';
import type { SessionService } from './core/sessions/service.ts';
import type { Hook } from './http/server.ts';
import type { Storage } from './storage/open.ts';

export interface PlatformDeps {
  readonly config: Pick<Config, 'github' | 'slack' | 'publicUrl'>;
  /** Where people reach this server. */
  readonly url: string;
  readonly storage: Pick<Storage, 'threads' | 'deliveries' | 'installations' | 'decisions'>;
  readonly sessions: SessionService;
  readonly leases: Leases;
  readonly wakeBus: WakeBus;
  readonly actionTokens: ActionTokens;
  /** None when the configuration names no address that people reach. */
  readonly links: PageLinks | undefined;
  readonly logger: Logger;
  /** A key for one purpose. */
  readonly key: (purpose: string) => Uint8Array;
  /** Made after the surfaces, so they are asked for when they are needed. */
  readonly inbound: Pick<Inbound, 'accept'>;
  readonly outbox: () => Pick<Outbox, 'open' | 'openHourly' | 'message'>;
}

export interface Platform {
  readonly surface: Surface;
  readonly hook: Hook;
  /** Names that address us there, our own first; undefined until the platform has said them. */
  readonly mentions: () => readonly string[] | undefined;
  /** Whether a reply without a mention goes on with a thread's session (chat.md §1). */
  readonly untaggedReplies: boolean;
  /** Whether it can be worked with now, and what to do otherwise. */
  standing(): Standing;
  /** Begins to; does not wait for the platform. */
  start(): void;
  stop(): Promise<void>;
}

/** Those that are configured. Calls none of them; rejects with a sentence for a wrong setting. */
export async function createPlatforms(deps: PlatformDeps): Promise<readonly Platform[]> {
  const made = await Promise.all([createGitHub(deps), createSlack(deps)]);
  return made.filter((platform) => platform !== undefined);
}

async function createGitHub(deps: PlatformDeps): Promise<Platform | undefined> {
  const { github } = deps.config;
  if (github === undefined) return undefined;
  const { createGitHubApp } = await import('./github/app.ts');
  const { threads, deliveries, decisions } = deps.storage;
  const app = createGitHubApp({
    ...deps,
    threads,
    deliveries,
    decisions,
    clock: systemClock,
    options: {
      appId: github.appId,
      privateKey: await keyOf(github.privateKey),
      webhookSecret: github.webhookSecret,
      gheHost: github.host,
      gheProtocol: github.protocol,
      aliases: github.aliases,
      labels: github.labels,
      bots: github.bots,
      untaggedReplies: github.untaggedReplies,
      signingKey: deps.key('github comments'),
      links: deps.links,
    },
  });
  return {
    surface: app.surface,
    hook: app.webhooks,
    mentions: () => (app.standing().state === 'ready' ? app.identity.names : undefined),
    untaggedReplies: github.untaggedReplies,
    standing: () => app.standing(),
    start: () => void app.start(),
    stop: () => app.stop(),
  };
}

async function keyOf(key: { readonly pem: string } | { readonly file: string }): Promise<string> {
  if ('pem' in key) return key.pem;
  try {
    return await readFile(key.file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid', `PRIVATE_KEY_PATH names ${key.file}, which cannot be read.`, {
      cause,
    });
  }
}

async function createSlack(deps: PlatformDeps): Promise<Platform | undefined> {
  const { slack } = deps.config;
  if (slack === undefined) return undefined;
  const { createSlackApp } = await import('./slack/app.ts');
  const { threads, deliveries, installations, decisions } = deps.storage;
  const app = createSlackApp({
    ...deps,
    threads,
    deliveries,
    decisions,
    installations,
    clock: systemClock,
    secretKey: deps.key('slack installations'),
    options: {
      ...slack,
      apiUrl: slack.apiUrl === undefined ? undefined : `${slack.apiUrl}/`,
      publicUrl: deps.url,
    },
  });
  return {
    surface: app.surface,
    hook: { path: '/slack', handle: app.handle },
    mentions: () => ['threadcast'],
    untaggedReplies: slack.untaggedReplies,
    standing: () => app.standing(),
    start: () => void app.start(),
    stop: () => app.stop(),
  };
}
