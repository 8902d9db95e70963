/**
 * The Slack app: every event that we listen to, one line each, and how the parts hang together.
 * Invariant: Bolt only routes what `receive/` has stored before; it acknowledges nothing.
 */
import { App, type Receiver } from '@slack/bolt';
import type { WebClientOptions } from '@slack/web-api';
import type { z } from 'zod';
import type { ActionTokens } from '../core/access/action-token.ts';
import type { PageLinks } from '../core/access/page-links.ts';
import { AppError, isAppError } from '../core/model/errors.ts';
import { createPace } from '../core/outbox/pace.ts';
import { createReach, type Standing } from '../core/platforms/reach.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { DeliveryStore } from '../core/ports/deliveries.ts';
import type { InstallationStore } from '../core/ports/installations.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { Surface } from '../core/ports/surface.ts';
import type { DecisionLog, InboundMessage, ThreadStore } from '../core/ports/stores.ts';
import type { WakeBus } from '../core/ports/wake-bus.ts';
import type { SessionService } from '../core/sessions/service.ts';
import { createMintOffer, createMintToken } from './actions.ts';
import { clientOptions } from './client/calls.ts';
import { explainSilence } from './client/failures.ts';
import { createPeople } from './client/people.ts';
import { createReactions } from './client/reactions.ts';
import { createSessionStatuses } from './client/session-status.ts';
import { createSlackSurface } from './client/slack-surface.ts';
import { createStreams } from './client/streams.ts';
import { createVendorLogger } from './client/vendor-logger.ts';
import { createSingleWorkspace, type Workspaces } from './client/workspaces.ts';
import { createHeard } from './heard.ts';
import { createHomes } from './home.ts';
import { onChanged } from './listeners/changed.ts';
import { onClicked } from './listeners/clicked.ts';
import { onCommanded } from './listeners/commanded.ts';
import { onDeleted } from './listeners/deleted.ts';
import type { ListenerDeps, Source } from './listeners/deps.ts';
import { onHomeOpened } from './listeners/home.ts';
import { leftSchema, onLeft } from './listeners/left.ts';
import { createRefused } from './listeners/refuse.ts';
import { onReacted } from './listeners/reacted.ts';
import { onSaid } from './listeners/said.ts';
import { onAsked, onShortcut, SHORTCUT } from './listeners/shortcut.ts';
import { onStopped } from './listeners/stopped.ts';
import { createInstaller, type Installer } from './oauth/installer.ts';
import type { SlackOptions } from './options.ts';
import {
  actionsSchema,
  changedSchema,
  commandSchema,
  deletedSchema,
  homeSchema,
  parseEnvelope,
  reactionSchema,
  saidSchema,
  shortcutSchema,
  stoppedSchema,
  submissionSchema,
  teamOf,
  type Envelope,
} from './payloads.ts';
import { createHttpHandler, type Handle } from './receive/http.ts';
import { createIntake, type Intake } from './receive/intake.ts';
import { createSocket } from './receive/socket.ts';
import { createTriggers } from './triggers.ts';

export interface SlackDeps {
  readonly inbound: { accept(message: InboundMessage): Promise<'stored' | 'duplicate'> };
  readonly sessions: SessionService;
  readonly threads: ThreadStore;
  readonly decisions: Pick<DecisionLog, 'append'>;
  readonly deliveries: DeliveryStore;
  readonly installations: InstallationStore;
  readonly leases: Leases;
  readonly wakeBus: WakeBus;
  readonly actionTokens: ActionTokens;
  /** 32 bytes, for this purpose only: tokens of workspaces are encrypted with it. */
  readonly secretKey: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
  /** To our own pages, when people can reach them. */
  readonly links?: PageLinks | undefined;
  readonly options: SlackOptions;
}

export interface SlackApp {
  readonly surface: Surface;
  /** Everything under `/slack/`: events unless in Socket Mode, and the installation pages. */
  readonly handle: Handle;
  /**
   * Asks Slack until it answers, and works off what was stored from then on. Resolves after the
   * first answer, or the want of one.
   */
  start(): Promise<void>;
  standing(): Standing;
  stop(): Promise<void>;
}

/** AppError `invalid` says which setting is missing. Nothing is called or connected before `start`. */
export function createSlackApp(deps: SlackDeps): SlackApp {
  const { options, clock, logger } = deps;
  const { appToken, signingSecret, oauth } = checked(options);
  const client = clientOptions(options.apiUrl, logger);
  const installer =
    options.botToken === undefined && oauth !== undefined
      ? createInstaller({ ...deps, oauth, client })
      : undefined;
  const workspaces = installer?.workspaces ?? single(options, client);
  const listener = listenerDeps(deps, workspaces, installer);
  const dispatch = createDispatch(listener, client);
  const intake = createIntake({ ...deps, dispatch });
  const socket = appToken === undefined ? undefined : createSocket({ ...deps, appToken, client });
  const reach = createReach({
    name: 'Slack',
    connect: async () => {
      await workspaces.check();
      intake.start();
      await socket?.connect();
    },
    explain: explainSilence,
    onReady: () => {},
    clock,
    logger,
  });
  const take: Intake['take'] = (payload) => {
    reach.hurry();
    return intake.take(payload);
  };
  socket?.listen({ take, lost: () => reach.lost() });
  const events: Handle | undefined =
    signingSecret === undefined
      ? undefined
      : createHttpHandler({ signingSecret, intake: { take }, clock, logger });
  const surface = createSlackSurface({
    ...listener,
    mintOffer: createMintOffer(deps.actionTokens),
    streams: createStreams({ workspaces, clock }),
    links: deps.links,
    onChanged: (team) => listener.homes.changed(team),
  });
  return {
    surface,
    handle: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/slack/events' && events !== undefined) return events(request);
      const answer = await installer?.handle(request);
      return answer ?? new Response('There is nothing here.', { status: 404 });
    },
    start: () => reach.start(),
    standing: () => reach.standing(),
    async stop() {
      reach.stop();
      await socket?.stop();
      await intake.stop();
    },
  };
}

function checked(options: SlackOptions): SlackOptions {
  if (options.appToken !== undefined || options.signingSecret !== undefined) return options;
  throw new AppError('invalid', 'Slack needs SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET.');
}

function single({ botToken }: SlackOptions, client: WebClientOptions): Workspaces {
  if (botToken !== undefined) return createSingleWorkspace(botToken, client);
  throw new AppError(
    'invalid',
    'Slack needs SLACK_BOT_TOKEN, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET for many workspaces.',
  );
}

/** Of the fifty `conversations.replies` a minute; the outbox needs some to find its messages. */
const READS = { burst: 20, perMinute: 25 } as const;

function listenerDeps(deps: SlackDeps, workspaces: Workspaces, installer: Installer | undefined) {
  const { options, clock } = deps;
  const { access } = options;
  const triggers = createTriggers({ workspaces });
  const people = createPeople({ workspaces, access, clock });
  const mintToken = createMintToken(deps.actionTokens);
  return {
    ...deps,
    workspaces,
    access,
    triggers,
    people,
    mintToken,
    reactions: createReactions({ workspaces, triggers, clock }),
    pace: createPace(READS, clock),
    refused: createRefused(clock),
    heard: createHeard(clock),
    // The one token of a single workspace is a setting: it cannot be forgotten.
    forget: async (team: string) => installer?.forget(team),
    untaggedReplies: options.untaggedReplies ?? true,
    statuses: createSessionStatuses({ workspaces, clock }),
    homes: createHomes({ ...deps, workspaces, people, mintToken, links: deps.links }),
  };
}

/** What we listen to. */
function listen(bolt: App, deps: ListenerDeps): void {
  const on = heardBy(deps);
  bolt.event('app_mention', on(saidSchema, event, onSaid));
  bolt.event('message', on(saidSchema, event, onSaid));
  bolt.event('message', on(changedSchema, event, onChanged));
  bolt.event('message', on(deletedSchema, event, onDeleted));
  bolt.event('reaction_added', on(reactionSchema, event, onReacted));
  bolt.event('agent_session_stopped', on(stoppedSchema, event, onStopped));
  bolt.event('app_home_opened', on(homeSchema, event, onHomeOpened));
  // Also buttons of old messages and of other versions: they are acknowledged, and do nothing.
  bolt.action(/.*/, on(actionsSchema, body, onClicked));
  bolt.command(/.*/, on(commandSchema, body, onCommanded));
  bolt.shortcut(SHORTCUT, on(shortcutSchema, body, onShortcut));
  bolt.view(SHORTCUT, on(submissionSchema, body, onAsked));
  bolt.event('app_uninstalled', on(leftSchema, event, onLeft));
  bolt.event('tokens_revoked', on(leftSchema, event, onLeft));
}

interface Heard {
  readonly body: unknown;
}
type Listener = (heard: Heard) => Promise<void>;

const event = (envelope: Envelope): unknown => envelope.event;
const body = (envelope: Envelope): unknown => envelope;

/** A payload of another shape than the listener reads is nothing for it. */
const heardBy =
  (deps: ListenerDeps) =>
  <T>(
    schema: z.ZodType<T>,
    part: (envelope: Envelope) => unknown,
    handle: (deps: ListenerDeps, source: Source, heard: T) => Promise<void>,
  ): Listener =>
  async (heard) => {
    const envelope = parseEnvelope(heard.body);
    const team = envelope === undefined ? undefined : teamOf(envelope);
    if (envelope === undefined || team === undefined) return;
    const parsed = schema.safeParse(part(envelope));
    if (parsed.success) await handle(deps, { team, appId: envelope.api_app_id }, parsed.data);
  };

function createDispatch(
  deps: ListenerDeps,
  client: WebClientOptions,
): (payload: Envelope) => Promise<void> {
  // Bolt asks its receiver for nothing: payloads are handed over one by one, below.
  const receiver: Receiver = { init: () => {}, start: async () => {}, stop: async () => {} };
  const bolt = new App({
    receiver,
    authorize: async ({ teamId }) => {
      const { token, team, botUserId, botId } = await deps.workspaces.of(teamId ?? '');
      return { botToken: token, teamId: team, botUserId, ...(botId ? { botId } : {}) };
    },
    clientOptions: client,
    logger: createVendorLogger(deps.logger),
    ignoreSelf: false,
    convoStore: false,
  });
  listen(bolt, deps);
  bolt.error(async (error) => {
    throw rootOf(error);
  });
  return (payload) => bolt.processEvent({ body: payload, ack: async () => {} });
}

/** Bolt wraps what listeners and `authorize` throw. */
function rootOf(error: Error): Error {
  if (isAppError(error)) return error;
  const inner: unknown = 'original' in error ? error.original : undefined;
  return inner instanceof Error ? rootOf(inner) : error;
}
