/**
 * The composition root: the only file that knows every folder. It makes the parts, hands each what
 * it needs, starts them in one order and stops them in the opposite one.
 */
import path from 'node:path';
import { createLazyConnector } from './acp/lazy-connector.ts';
import type { ServerApp } from './cli/command.ts';
import { environmentFor, searchPath } from './config/agent-environment.ts';
import type { Config } from './config/config.ts';
import { purposeKey } from './config/secrets.ts';
import { readVersion } from './config/version.ts';
import { createActionTokens } from './core/access/action-token.ts';
import { createPageLinks } from './core/access/page-links.ts';
import { parseMessage } from './core/commands/parse.ts';
import { createEventHub } from './core/events/create-hub.ts';
import { createInbound } from './core/inbound/inbound.ts';
import type { Inbound } from './core/inbound/inbound.ts';
import { AppError } from './core/model/errors.ts';
import type { SessionId } from './core/model/ids.ts';
import { mintId } from './core/model/ids.ts';
import type { ThreadRef } from './core/model/thread.ts';
import { PERMISSION_EXPIRY_MS } from './core/model/permission.ts';
import { createOutbox } from './core/outbox/outbox.ts';
import type { Outbox } from './core/outbox/outbox.ts';
import { redactedSurface } from './core/outbox/redacted-surface.ts';
import { systemClock } from './core/ports/system-clock.ts';
import { createFolds } from './core/presenter/folds.ts';
import { createPresenter } from './core/presenter/presenter.ts';
import type { Presenter } from './core/presenter/presenter.ts';
import { createSessionService } from './core/sessions/create-service.ts';
import { createDecider } from './core/sessions/decider.ts';
import { createGuard } from './core/sessions/guard.ts';
import { createSessionManager } from './core/sessions/manager.ts';
import { createOwnership } from './core/sessions/ownership.ts';
import { TURN_LIMITS } from './core/sessions/turn.ts';
import { layFoundation } from './foundation.ts';
import type { Foundation } from './foundation.ts';
import { createControlPlane } from './http/control-plane.ts';
import { createWebServer, urlOf } from './http/server.ts';
import type { WebServer } from './http/server.ts';
import type { AppLogger } from './logging/logger.ts';
import { createPlatforms } from './platforms.ts';
import { createLocalRuntime } from './runtimes/local/runtime.ts';
import type { Storage } from './storage/open.ts';
import { createWebApp } from './web/app.ts';
import { createWebSurface } from './web/client/web-surface.ts';
import { createLogin } from './web/login.ts';

const DEFAULT_AGENT = 'example';
const WEB = { mentions: () => ['threadcast'] } as const;
/** Sessions with a live agent or work to do at once; one more is refused until one rests. */
const MAX_WORKING_SESSIONS = 200;
/** For sending what is final when the server stops. */
const OUTBOX_GRACE_MS = 2000;

/** Sessions: who runs them, and what may be done with them. */
function createSessions(foundation: Foundation, show: Pick<Presenter, 'present' | 'drop'>) {
  const { config, logger, storage } = foundation;
  const shared = { clock: systemClock, logger, wakeBus: storage.wakeBus, store: storage.sessions };
  const hub = createEventHub(shared);
  const ownership = createOwnership({
    ...shared,
    leases: storage.leases,
    holder: mintId('h', systemClock.now()),
    exclusive: storage.kind !== 'postgres',
  });
  const runtime = createLocalRuntime({
    ...shared,
    workspacesDir: path.join(config.dataDir, 'sessions'),
    basePath: searchPath(),
  });
  const manager = createSessionManager({
    ...shared,
    hub,
    ownership,
    runtimes: new Map([[runtime.typeName, runtime]]),
    connector: createLazyConnector(shared),
    environment: environmentFor,
    decide: createDecider([]),
    holdBack: foundation.redactor.holdBack,
    limits: TURN_LIMITS,
    permissionExpiryMs: PERMISSION_EXPIRY_MS,
    onOwned: show.present,
    onLost: show.drop,
  });
  const guard = createGuard({
    decisions: storage.decisions,
    threads: storage.threads,
    clock: systemClock,
  });
  const service = createSessionService({
    ...shared,
    hub,
    manager,
    templates: storage.templates,
    guard,
    // In Slack a setting says it; elsewhere their role decides (chat.md §5).
    requesterMayApprove: (surface) =>
      surface === 'slack' ? config.slack?.requesterMayApprove : undefined,
    async admit() {
      if (manager.count() < MAX_WORKING_SESSIONS) return;
      const details = { retryAfterSeconds: 60 };
      throw new AppError('limited', 'Too many sessions are at work here. Try again later.', {
        details,
      });
    },
  });
  return { hub, ownership, manager, service, guard };
}

type Sessions = ReturnType<typeof createSessions>;

/** Threads: what people write comes in, what they should see goes out. */
async function createThreads(foundation: Foundation, sessions: Sessions) {
  const { hub, ownership, service } = sessions;
  const { config, serverKey, logger, redact, storage } = foundation;
  const shared = { clock: systemClock, logger, wakeBus: storage.wakeBus, threads: storage.threads };
  const actionTokens = createActionTokens({ key: purposeKey(serverKey, 'actions') });
  const web = createWebSurface({ ...shared, hosted: storage.hosted, actionTokens });
  const late: { presenter?: Presenter; inbound?: Inbound; outbox?: Outbox } = {};
  const { publicUrl } = config;
  const platforms = await createPlatforms({
    ...shared,
    config,
    url: publicUrl ?? urlOf(config.host, config.port),
    storage,
    sessions: service,
    leases: ownership,
    actionTokens,
    links:
      publicUrl === undefined ? undefined : createPageLinks({ publicUrl, tokens: actionTokens }),
    key: (purpose) => purposeKey(serverKey, purpose),
    inbound: { accept: (message) => made(late.inbound).accept(message) },
    outbox: () => made(late.outbox),
  });
  const surfaces = [web, ...platforms.map(({ surface }) => surface)];
  const outbox = createOutbox({
    ...shared,
    store: storage.outbox,
    surfaces: new Map(surfaces.map((one) => [one.name, redactedSurface(one, redact)])),
    leases: ownership,
    resolve: (view) => made(late.presenter).resolve(view),
    onGivenUp: ({ key, error }) => logger.error({ key, error }, 'a message was given up'),
  });
  const presenter = createPresenter({ ...shared, hub, sessions: storage.sessions, outbox });
  const byName = new Map(platforms.map((platform) => [platform.surface.name, platform]));
  const inbound = createInbound({
    ...shared,
    inbox: storage.inbox,
    leases: ownership,
    outbox,
    sessions: service,
    templates: storage.templates,
    decisions: storage.decisions,
    parse: parseMessage,
    store: storage.sessions,
    transcript: presenter.transcript,
    config: {
      mentions: (surface) => (byName.get(surface) ?? WEB).mentions(),
      untaggedReplies: (surface) => byName.get(surface)?.untaggedReplies ?? true,
      botTurnsPerHour: config.botTurnsPerHour,
      defaultAgent: DEFAULT_AGENT,
    },
  });
  Object.assign(late, { presenter, inbound, outbox });
  const threadUrl = async (ref: ThreadRef): Promise<string | undefined> =>
    byName.get(ref.surface)?.surface.threadUrl?.(ref);
  return { outbox, presenter, inbound, actionTokens, platforms, threadUrl };
}

/** A part that another one needs before it can be made. */
function made<T>(part: T | undefined): T {
  if (part === undefined) throw new AppError('unavailable', 'The server is still starting.');
  return part;
}

type Threads = Awaited<ReturnType<typeof createThreads>>;

/** What listens: the control plane and the page, on one Node server. */
function attachEdges(
  foundation: Foundation,
  sessions: Sessions,
  threads: Threads,
  at: { readonly server: WebServer; readonly url: string; readonly isClosing: () => boolean },
) {
  const { serverKey, logger, redact, storage } = foundation;
  const shared = { clock: systemClock, logger, redact, publicUrl: at.url };
  const login = createLogin({ key: purposeKey(serverKey, 'login'), clock: systemClock });
  const controlPlane = createControlPlane({
    ...shared,
    sessions: sessions.service,
    guard: sessions.guard,
    hub: sessions.hub,
    store: storage.sessions,
    templates: storage.templates,
    tokens: storage.tokens,
    idempotency: storage.idempotency,
    ping: () => storage.ping(),
    sessionCount: () => sessions.manager.count(),
    platforms: () =>
      new Map(threads.platforms.map(({ surface, standing }) => [surface.name, standing()])),
    threadsOf: (id) => threadsOf(storage, id),
    version: readVersion(),
    allowedOrigins: [],
    isClosing: at.isClosing,
  });
  const web = createWebApp({
    ...shared,
    hosted: storage.hosted,
    logouts: storage.logouts,
    threads: storage.threads,
    inbound: threads.inbound,
    sessions: sessions.service,
    transcript: createFolds(storage.sessions).transcript,
    threadUrl: threads.threadUrl,
    templates: storage.templates,
    wakeBus: storage.wakeBus,
    login,
    cookieKey: purposeKey(serverKey, 'cookie'),
    actionTokens: threads.actionTokens,
    defaultAgent: DEFAULT_AGENT,
  });
  const hooks = threads.platforms.map(({ hook }) => hook);
  at.server.serve({ hooks, api: controlPlane.app, pages: web }, controlPlane.upgrade);
  return { controlPlane, login };
}

async function threadsOf(storage: Storage, id: SessionId) {
  const bindings = await storage.threads.bindingsOfSession(id);
  const bound = await Promise.all(bindings.map(({ threadId }) => storage.threads.thread(threadId)));
  return bound.flatMap((thread) =>
    thread ? [{ id: thread.id, surface: thread.ref.surface, title: thread.title }] : [],
  );
}

/** A server that is not started yet. `stop` undoes what was started, in the opposite order. */
export function createApp(config: Config): ServerApp {
  const undo: (() => Promise<void> | void)[] = [];
  let closing = false;
  let logger: AppLogger | undefined;
  return {
    async start() {
      const foundation = await layFoundation(config);
      ({ logger } = foundation);
      undo.push(() => foundation.storage.close());
      let threads: Threads | undefined = undefined;
      const sessions = createSessions(foundation, {
        present: (id) => threads?.presenter.present(id),
        drop: (id) => threads?.presenter.drop(id),
      });
      threads = await createThreads(foundation, sessions);
      const server = createWebServer();
      const local = await server.listen(config.host, config.port);
      undo.push(() => server.close());
      const url = config.publicUrl ?? local;
      const edges = attachEdges(foundation, sessions, threads, {
        server,
        url,
        isClosing: () => closing,
      });
      await startWorkers(sessions, threads, undo);
      undo.push(() => edges.controlPlane.close());
      undo.push(() => server.refuse());
      logger.info({ url, database: foundation.storage.kind }, 'ready');
      return { url, loginUrl: edges.login.mintLink(url) };
    },
    async stop(reason) {
      closing = true;
      logger?.info({ reason }, 'stopping');
      for (const step of undo.splice(0).toReversed()) {
        try {
          await step();
        } catch (error) {
          logger?.warn({ err: error }, 'a part did not stop in good order');
        }
      }
    },
  };
}

async function startWorkers(
  { ownership, manager }: Sessions,
  { outbox, presenter, inbound, platforms }: Threads,
  undo: (() => Promise<void> | void)[],
): Promise<void> {
  await ownership.start();
  undo.push(() => ownership.stop());
  await outbox.start();
  presenter.start();
  undo.push(() => presenter.stop());
  undo.push(() => outbox.stop(OUTBOX_GRACE_MS));
  await manager.start();
  undo.push(() => manager.stop());
  await inbound.start();
  undo.push(() => inbound.stop());
  for (const platform of platforms) platform.start();
  undo.push(async () => void (await Promise.all(platforms.map((platform) => platform.stop()))));
}
