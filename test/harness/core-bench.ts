/**
 * The whole of core on memory stores, with a fake agent and a manual clock, behind one surface: what
 * `app.ts` puts together, without I/O of its own. Start it again on the same stores for a restart.
 */
import { parseMessage } from '../../src/core/commands/parse.ts';
import { createEventHub } from '../../src/core/events/create-hub.ts';
import { createInbound, type Inbound } from '../../src/core/inbound/inbound.ts';
import type { AgentTemplate } from '../../src/core/model/agent.ts';
import type { Decision } from '../../src/core/model/decision.ts';
import { mintId } from '../../src/core/model/ids.ts';
import { PERMISSION_EXPIRY_MS } from '../../src/core/model/permission.ts';
import { createOutbox, type Outbox } from '../../src/core/outbox/outbox.ts';
import type { DeliveryStore } from '../../src/core/ports/deliveries.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Leases } from '../../src/core/ports/leases.ts';
import type { Logger } from '../../src/core/ports/logger.ts';
import type { DecisionLog, TemplateStore, ThreadStore } from '../../src/core/ports/stores.ts';
import type { Surface } from '../../src/core/ports/surface.ts';
import type { WakeBus } from '../../src/core/ports/wake-bus.ts';
import { createPresenter, type Presenter } from '../../src/core/presenter/presenter.ts';
import { createSessionService } from '../../src/core/sessions/create-service.ts';
import { createGuard } from '../../src/core/sessions/guard.ts';
import { createSessionManager } from '../../src/core/sessions/manager.ts';
import { createOwnership } from '../../src/core/sessions/ownership.ts';
import type { SessionService } from '../../src/core/sessions/service.ts';
import { TURN_LIMITS } from '../../src/core/sessions/turn.ts';
import { createFakeAgents } from './fake-agent.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryDeliveries } from './memory-deliveries.ts';
import { createMemoryInbox } from './memory-inbox.ts';
import { createMemoryLeases, createMemoryOutbox } from './memory-outbox.ts';
import { createMemorySessions } from './memory-sessions.ts';
import { createMemoryThreads } from './memory-threads.ts';
import { createMemoryWakeBus } from './memory-wake-bus.ts';

const template = (id: string, name: string): AgentTemplate => ({
  id,
  version: 1,
  name,
  spawn: { command: id, args: [] },
  runtime: { provider: 'local' },
  managed: true,
});

const TEMPLATES = [template('example', 'Example'), template('codex', 'Codex')];

const templates: TemplateStore = {
  syncManaged: async () => {},
  templates: async () => TEMPLATES,
  template: async (id) => TEMPLATES.find((one) => one.id === id),
  save: async () => 'managed',
  remove: async () => 'managed',
};

/** A log line of level warn or error: most tests want none. */
export interface LoggedLine {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly fields: object;
}

export type CoreStores = ReturnType<typeof createCoreStores>;

/** What survives a restart. */
export function createCoreStores() {
  const memory = createMemorySessions();
  const threads = createMemoryThreads();
  const leases = createMemoryLeases();
  const lines: LoggedLine[] = [];
  const all: Decision[] = memory.decisions;
  const decisions: DecisionLog = {
    append: async (decision) => void all.push(decision),
    decisions: async () => ({ data: all, nextCursor: null }),
  };
  const log =
    (level: LoggedLine['level']) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, fields });
  const logger: Logger = { debug() {}, info() {}, warn: log('warn'), error: log('error') };
  return {
    memory,
    threads,
    leases,
    lines,
    logger,
    decisions,
    templates,
    clock: createManualClock(),
    wakeBus: createMemoryWakeBus(),
    agents: createFakeAgents(),
    inbox: createMemoryInbox(),
    outbox: createMemoryOutbox(leases, threads),
    deliveries: createMemoryDeliveries(),
  };
}

/** What an edge is made of; the same names as in `app.ts`. */
export interface EdgeDeps {
  readonly inbound: Pick<Inbound, 'accept'>;
  readonly sessions: SessionService;
  readonly threads: ThreadStore;
  readonly deliveries: DeliveryStore;
  readonly templates: TemplateStore;
  readonly decisions: DecisionLog;
  readonly leases: Leases;
  /** Made after the surface: there once the edge has started. */
  readonly outbox: () => Pick<Outbox, 'open' | 'openHourly' | 'message'>;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Edge {
  readonly surface: Surface;
  /** Names that address us there. */
  readonly mentions?: readonly string[];
  readonly untaggedReplies?: boolean;
  /** Whether people may answer what their own turn asks; absent: their role decides. */
  readonly requesterMayApprove?: boolean;
  /** Takes what comes in, from now on. */
  start?(): Promise<void>;
  stop?(): Promise<void>;
}

/** One process. `stop` ends it in good order, as a server that is told to stop does. */
export async function startCore(
  stores: CoreStores,
  makeEdge: (deps: EdgeDeps) => Promise<Edge> | Edge,
) {
  const { memory, threads, clock, wakeBus, logger, decisions, agents } = stores;
  const name = mintId('h', clock.now());
  const leases = stores.leases.holder(name);
  const shared = { clock, wakeBus, logger, store: memory.sessions };
  const hub = createEventHub(shared);
  const ownership = createOwnership({
    clock,
    logger,
    leases: memory.leases,
    holder: name,
    exclusive: true,
  });
  let presenter: Presenter | undefined = undefined;
  const manager = createSessionManager({
    ...shared,
    hub,
    ownership,
    runtimes: new Map([['local', agents.runtime]]),
    connector: agents.connector,
    environment: () => ({}),
    decide: () => ({ action: 'ask' }),
    limits: TURN_LIMITS,
    permissionExpiryMs: PERMISSION_EXPIRY_MS,
    onOwned: (id) => presenter?.present(id),
    onLost: (id) => presenter?.drop(id),
  });
  let made: Edge | undefined = undefined;
  const service = createSessionService({
    ...shared,
    hub,
    manager,
    templates,
    guard: createGuard({ decisions, threads, clock }),
    requesterMayApprove: () => made?.requesterMayApprove,
    admit: async () => {},
  });
  let inbound: Inbound | undefined = undefined;
  let outboxes: Outbox | undefined = undefined;
  const edge = await makeEdge({
    threads,
    templates,
    decisions,
    leases,
    wakeBus,
    clock,
    logger,
    sessions: service,
    deliveries: stores.deliveries,
    outbox: () => {
      if (outboxes === undefined) throw new Error('The server has not started');
      return outboxes;
    },
    inbound: {
      accept: async (message) => {
        if (inbound === undefined) throw new Error('The server has not started');
        return inbound.accept(message);
      },
    },
  });
  made = edge;
  const outbox = createOutbox({
    threads,
    leases,
    clock,
    wakeBus,
    logger,
    store: stores.outbox,
    surfaces: new Map([[edge.surface.name, edge.surface]]),
    resolve: async (view) => presenter?.resolve(view) ?? 'gone',
    onGivenUp: ({ key, error }) => logger.error({ key, error }, 'a message was given up'),
    random: () => 0.5,
  });
  outboxes = outbox;
  const shown = createPresenter({ hub, threads, outbox, clock, logger, sessions: memory.sessions });
  presenter = shown;
  inbound = createInbound({
    threads,
    leases,
    outbox,
    clock,
    wakeBus,
    logger,
    decisions,
    templates,
    inbox: stores.inbox,
    sessions: service,
    parse: parseMessage,
    store: memory.sessions,
    transcript: shown.transcript,
    random: () => 0.5,
    config: {
      mentions: () => edge.mentions ?? ['threadcast'],
      untaggedReplies: () => edge.untaggedReplies ?? true,
      botTurnsPerHour: 20,
      defaultAgent: 'example',
    },
  });
  const worker = inbound;
  await ownership.start();
  await outbox.start();
  shown.start();
  await manager.start();
  await worker.start();
  await edge.start?.();
  return {
    service,
    edge,
    outbox,
    async stop(): Promise<void> {
      await edge.stop?.();
      await worker.stop();
      await manager.stop();
      await outbox.stop(2000);
      shown.stop();
      await ownership.stop();
      stores.leases.kill(name);
    },
  };
}

export type CoreServer = Awaited<ReturnType<typeof startCore>>;
