/**
 * The composition root: the only file that knows every folder. It makes the parts, hands each what
 * it needs, starts them in one order and stops them in the opposite one.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtinTemplates } from './acp/builtin-templates.ts';
import { createAgentConnector } from './acp/connection.ts';
import type { ServerApp } from './cli/command.ts';
import { environmentFor, searchPath, secretsFor } from './config/agent-environment.ts';
import type { Config } from './config/config.ts';
import { purposeKey, readOrCreateAdminToken, readOrCreateServerKey } from './config/secrets.ts';
import { readVersion } from './config/version.ts';
import { createActionTokens } from './core/access/action-token.ts';
import { createRedactor } from './core/access/redact.ts';
import { parseMessage } from './core/commands/parse.ts';
import { createEventHub } from './core/events/create-hub.ts';
import { createInbound } from './core/inbound/inbound.ts';
import { AppError } from './core/model/errors.ts';
import type { SessionId } from './core/model/ids.ts';
import { deriveId, mintId } from './core/model/ids.ts';
import { PERMISSION_EXPIRY_MS } from './core/model/permission.ts';
import { createOutbox } from './core/outbox/outbox.ts';
import { redactedSurface } from './core/outbox/redacted-surface.ts';
import { systemClock } from './core/ports/system-clock.ts';
import { createPresenter } from './core/presenter/presenter.ts';
import type { Presenter } from './core/presenter/presenter.ts';
import { createSessionService } from './core/sessions/create-service.ts';
import { createDecider } from './core/sessions/decider.ts';
import { createGuard } from './core/sessions/guard.ts';
import { createSessionManager } from './core/sessions/manager.ts';
import { createOwnership } from './core/sessions/ownership.ts';
import { redactedSessions } from './core/sessions/redacted-store.ts';
import { TURN_LIMITS } from './core/sessions/turn.ts';
import { hashToken, mintToken } from './http/auth.ts';
import { createControlPlane } from './http/control-plane.ts';
import { createWebServer } from './http/server.ts';
import type { WebServer } from './http/server.ts';
import { createLogger } from './logging/logger.ts';
import type { AppLogger } from './logging/logger.ts';
import { createLocalRuntime } from './runtimes/local/runtime.ts';
import { openStorage } from './storage/open.ts';
import type { Storage } from './storage/open.ts';
import { createWebApp } from './web/app.ts';
import { createWebSurface } from './web/client/web-surface.ts';
import { createLogin } from './web/login.ts';

const DEFAULT_AGENT = 'example';
/** Sessions with a live agent or work to do at once; one more is refused until one rests. */
const MAX_WORKING_SESSIONS = 200;
/** For sending what is final when the server stops. */
const OUTBOX_GRACE_MS = 2000;

/** Of the same kind as this file: source, or built. */
const EXAMPLE_AGENT = fileURLToPath(
  new URL(`./example-agent/main${path.extname(import.meta.url)}`, import.meta.url),
);

/** The built-in agents, as they are launched here. */
export function templates() {
  return builtinTemplates({ nodePath: process.execPath, exampleAgentPath: EXAMPLE_AGENT });
}

export function storageOf(config: Config) {
  return { url: config.databaseUrl, dataDir: config.dataDir };
}

/** The admin token that lies in the data directory is valid, whichever database is used. */
async function syncAdminToken(storage: Storage, token: string): Promise<void> {
  const hash = hashToken(token);
  if (await storage.tokens.byHash(hash)) return;
  const id = await deriveId('k', `admin:${hash}`);
  const times = { createdAt: systemClock.now(), expiresAt: null, lastUsedAt: null };
  await storage.tokens.insert({ id, name: 'admin', scopes: ['admin'], ...times }, hash);
}

/** What everything stands on: secrets, log, database. */
async function layFoundation(config: Config) {
  const serverKey = await readOrCreateServerKey(config.dataDir);
  const { token } = await readOrCreateAdminToken(config.dataDir, () => mintToken().token);
  const keys = secretsFor(templates().flatMap(({ passEnv }) => passEnv ?? []));
  const redact = createRedactor([token, Buffer.from(serverKey).toString('base64url'), ...keys]);
  const pretty = process.stderr.isTTY;
  const logger = await createLogger({ level: config.logLevel, pretty, redact });
  const storage = await openStorage({ ...storageOf(config), clock: systemClock, logger });
  await syncAdminToken(storage, token);
  await storage.templates.syncManaged(templates());
  const sessions = redactedSessions(storage.sessions, redact);
  return { config, serverKey, logger, redact, storage: { ...storage, sessions } };
}

type Foundation = Awaited<ReturnType<typeof layFoundation>>;

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
    connector: createAgentConnector(shared),
    environment: environmentFor,
    decide: createDecider([]),
    limits: TURN_LIMITS,
    permissionExpiryMs: PERMISSION_EXPIRY_MS,
    onOwned: show.present,
    onLost: show.drop,
  });
  const service = createSessionService({
    ...shared,
    hub,
    manager,
    templates: storage.templates,
    guard: createGuard({ decisions: storage.decisions, clock: systemClock }),
    async admit() {
      if (manager.count() < MAX_WORKING_SESSIONS) return;
      const details = { retryAfterSeconds: 60 };
      throw new AppError('limited', 'Too many sessions are at work here. Try again later.', {
        details,
      });
    },
  });
  return { hub, ownership, manager, service };
}

type Sessions = ReturnType<typeof createSessions>;

/** Threads: what people write comes in, what they should see goes out. */
function createThreads(foundation: Foundation, { hub, ownership, service }: Sessions) {
  const { serverKey, logger, redact, storage } = foundation;
  const shared = { clock: systemClock, logger, wakeBus: storage.wakeBus, threads: storage.threads };
  const actionTokens = createActionTokens({ key: purposeKey(serverKey, 'actions') });
  const web = createWebSurface({ ...shared, hosted: storage.hosted, actionTokens });
  let presenter: Presenter | undefined = undefined;
  const outbox = createOutbox({
    ...shared,
    store: storage.outbox,
    surfaces: new Map([[web.name, redactedSurface(web, redact)]]),
    leases: ownership,
    resolve: async (view) => presenter?.resolve(view) ?? 'gone',
    onGivenUp: ({ key, error }) => logger.error({ key, error }, 'a message was given up'),
  });
  const shown = createPresenter({ ...shared, hub, sessions: storage.sessions, outbox });
  presenter = shown;
  const inbound = createInbound({
    ...shared,
    inbox: storage.inbox,
    leases: ownership,
    outbox,
    sessions: service,
    templates: storage.templates,
    decisions: storage.decisions,
    parse: parseMessage,
    agentCommands: shown.agentCommands,
    config: {
      mentions: () => ['threadcast'],
      untaggedReplies: () => true,
      defaultAgent: DEFAULT_AGENT,
    },
  });
  return { outbox, presenter: shown, inbound, actionTokens };
}

type Threads = ReturnType<typeof createThreads>;

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
    hub: sessions.hub,
    store: storage.sessions,
    templates: storage.templates,
    tokens: storage.tokens,
    idempotency: storage.idempotency,
    ping: () => storage.ping(),
    sessionCount: () => sessions.manager.count(),
    threadsOf: (id) => threadsOf(storage, id),
    version: readVersion(),
    allowedOrigins: [],
    isClosing: at.isClosing,
  });
  const web = createWebApp({
    ...shared,
    hosted: storage.hosted,
    threads: storage.threads,
    inbound: threads.inbound,
    sessions: sessions.service,
    templates: storage.templates,
    wakeBus: storage.wakeBus,
    login,
    cookieKey: purposeKey(serverKey, 'cookie'),
    actionTokens: threads.actionTokens,
    defaultAgent: DEFAULT_AGENT,
  });
  at.server.serve({ api: controlPlane.app, pages: web }, controlPlane.upgrade);
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
      const server = createWebServer();
      const local = await server.listen(config.host, config.port);
      const url = config.publicUrl ?? local;
      undo.push(() => server.close());
      let threads: Threads | undefined = undefined;
      const sessions = createSessions(foundation, {
        present: (id) => threads?.presenter.present(id),
        drop: (id) => threads?.presenter.drop(id),
      });
      threads = createThreads(foundation, sessions);
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
  { outbox, presenter, inbound }: Threads,
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
}
