/**
 * Slack on loopback, with state: the Web API, events in HTTP and Socket Mode, and people who use it.
 * It keeps the limits of chat.md section 8 and platform.md, and fails when a test asks it to.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../src/core/ports/clock.ts';
import { systemClock } from '../../../src/core/ports/system-clock.ts';
import { isJson, readBody } from './arguments.ts';
import { BLOCK_LIMITS, type BlockLimits } from './blocks.ts';
import { chatMethods } from './chat-methods.ts';
import { readCorpus } from './corpus.ts';
import { createCourier, type Transport } from './delivery.ts';
import { createEvents } from './events.ts';
import { createHooks } from './hooks.ts';
import { createHttpTransport } from './http-transport.ts';
import { createLimiter, RATE_LIMITS, type RateLimits } from './limiter.ts';
import { createPeople } from './people.ts';
import { reactionMethods, readMethods, type Directory } from './read-methods.ts';
import {
  APP_ID,
  createState,
  type SlackChannel,
  type SlackMessage,
  type SlackUser,
} from './state.ts';
import { createSocketMode } from './socket-mode.ts';
import { createStatuses } from './status-methods.ts';
import { streamMethods } from './stream-methods.ts';
import { createTokens } from './tokens.ts';
import { messageText, visibleThread } from './visible.ts';
import { createWebApi } from './web-api.ts';

export interface FakeSlackOptions {
  readonly clock?: Clock;
  /** Bot scopes that the app was granted; left out: all. */
  readonly scopes?: readonly string[];
  /** `bot_events` of the manifest; left out: everything. */
  readonly events?: readonly string[];
  readonly rates?: RateLimits;
  readonly blockLimits?: BlockLimits;
  /** (?) How long a stream lives, 5 minutes by default. */
  readonly streamMs?: number;
  /** Tokens given by OAuth expire after 12 h. */
  readonly rotation?: boolean;
  /** Organisation of every workspace (Enterprise Grid). */
  readonly enterpriseId?: string;
  /** Seconds since the epoch that signatures are dated with; the machine's own by default. */
  readonly signedAt?: () => number;
}

export type FakeSlack = Awaited<ReturnType<typeof startFakeSlack>>;

const SIGNING_SECRET = 'fake-signing-secret';
const STREAM_MS = 5 * 60_000;
const CLIENT = { clientId: '1.2', clientSecret: 'fake-client-secret' };

/** A workspace `T…` with the app installed and nobody in it yet: see `addTeam`, `addPerson`. */
export async function startFakeSlack(options: FakeSlackOptions = {}) {
  const { clock = systemClock, blockLimits = BLOCK_LIMITS } = options;
  const state = createState(clock);
  const tokens = createTokens(clock, state, {
    ...CLIENT,
    scopes: options.scopes ?? null,
    rotation: options.rotation ?? false,
    enterpriseId: options.enterpriseId ?? null,
  });
  let requestUrl: string | null = null;
  let baseUrl = '';
  const http: Transport = createHttpTransport({
    url: () => requestUrl,
    signingSecret: SIGNING_SECRET,
    signedAt: options.signedAt,
  });
  const sockets = createSocketMode(() => baseUrl);
  // An app has one of the two modes: with a request URL it is HTTP.
  const courier = createCourier(
    clock,
    (sending) => (requestUrl === null ? sockets.transport(sending) : http(sending)),
    (delivery) => hooks.acknowledged(delivery),
  );
  const events = createEvents(
    state,
    courier,
    options.events === undefined ? null : new Set(options.events),
  );
  const directory: Directory = { groups: new Map(), files: new Map() };
  const hooks = createHooks({ state, baseUrl: () => baseUrl, blockLimits });
  const statuses = createStatuses(state);
  const streams = { lifeMs: options.streamMs ?? STREAM_MS, setStatus: statuses.set };
  const api = createWebApi({
    clock,
    state,
    tokens,
    blockLimits,
    emit: events,
    corpus: readCorpus(),
    limiter: createLimiter(clock, options.rates ?? RATE_LIMITS),
    methods: {
      ...chatMethods,
      ...readMethods(directory),
      ...reactionMethods,
      ...hooks.methods,
      ...streamMethods(streams),
      ...statuses.methods,
      'apps.connections.open': sockets.open,
      'oauth.v2.access': tokens.exchange,
      'auth.revoke': tokens.giveBack,
    },
  });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', baseUrl);
    if (url.pathname.startsWith('/api/')) return api.serve(request, response, url);
    if (url.pathname.startsWith('/response/')) {
      const body: unknown = JSON.parse(await readBody(request));
      response.writeHead(hooks.respond(url.pathname, isJson(body) ? body : {})).end('ok');
      return;
    }
    response.writeHead(404).end();
  };
  const broken: unknown[] = [];
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      broken.push(error);
      response.writeHead(500).end(String(error));
    });
  });
  server.on('upgrade', sockets.upgrade);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const addTeam = (): string => {
    const teamId = state.newId('T');
    const bot = state.addUser(teamId, 'threadcast', { isBot: true });
    state.installs.set(teamId, { teamId, botUserId: bot.id, botId: state.newId('B') });
    return teamId;
  };
  const teamId = addTeam();

  return {
    /** For `slackApiUrl`: `<url>/api/`. */
    apiUrl: `${baseUrl}/api/`,
    url: baseUrl,
    appId: APP_ID,
    /** The first workspace. */
    teamId,
    signingSecret: SIGNING_SECRET,
    ...CLIENT,
    botToken: tokens.botToken(teamId),
    appToken: tokens.appToken,
    tokens,
    state,
    api,
    courier,
    hooks,
    directory,
    events,
    sockets,
    statuses,
    people: createPeople({ state, events, courier, hooks }),
    /** Errors of the fake itself. */
    broken,
    addTeam,
    addPerson: (name: string, team = teamId, more: { isGuest?: boolean } = {}): SlackUser =>
      state.addUser(team, name, more),
    /** With the app in it. */
    addChannel(
      name: string,
      members: readonly SlackUser[],
      kind: 'channel' | 'group' = 'channel',
    ): SlackChannel {
      const team = members[0]?.teamId ?? teamId;
      const ids = members.map((each) => each.id);
      return state.addChannel(team, name, [...ids, state.install(team).botUserId], kind);
    },
    /** Where events, clicks and commands are posted to; null (as at first): Socket Mode. */
    deliverTo(url: string | null): void {
      requestUrl = url;
    },
    count: (method: string, outcome?: string): number =>
      api.calls.filter(
        (call) => call.method === method && (outcome === undefined || call.outcome === outcome),
      ).length,
    /** The thread below this root, its root included, as `viewer` (or everybody) sees it. */
    visible(root: SlackMessage, viewer?: SlackUser): string {
      const all = state.thread(root.channel, root.threadTs ?? root.ts);
      return visibleThread(state, all, viewer?.id ?? null);
    },
    /** What the app said in the thread, oldest first, ephemeral and deleted ones left out. */
    answers: (root: SlackMessage): readonly SlackMessage[] =>
      state
        .thread(root.channel, root.threadTs ?? root.ts)
        .filter((each) => each.byApp && !each.deleted && each.onlyFor === null),
    read: messageText,
    /** Resolves once no call and no delivery has been under way for a few turns of the loop. */
    async quiet(): Promise<void> {
      for (let still = 0; still < 5; still += 1) {
        await new Promise<void>((resolve) => {
          setTimeout(resolve, 1);
        });
        if (api.busy() + courier.busy() > 0) still = -1;
      }
    },
    async close(): Promise<void> {
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
