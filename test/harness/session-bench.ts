/**
 * A server's session side without I/O: memory stores, a manual clock, a fake agent. `restart` plays
 * a crash: everything in memory is gone, the stores stay.
 */
import type { Caller } from '../../src/core/model/actor.ts';
import { createEventHub } from '../../src/core/events/create-hub.ts';
import { decodeEvent } from '../../src/core/events/append.ts';
import type { AgentTemplate } from '../../src/core/model/agent.ts';
import type { Decision } from '../../src/core/model/decision.ts';
import type { HolderId, SessionId } from '../../src/core/model/ids.ts';
import { mintId } from '../../src/core/model/ids.ts';
import { PERMISSION_EXPIRY_MS } from '../../src/core/model/permission.ts';
import type { SessionEvent } from '../../src/core/model/events.ts';
import type { Logger } from '../../src/core/ports/logger.ts';
import type { DecisionLog, TemplateStore } from '../../src/core/ports/stores.ts';
import { createSessionService } from '../../src/core/sessions/create-service.ts';
import { createGuard } from '../../src/core/sessions/guard.ts';
import { createSessionManager } from '../../src/core/sessions/manager.ts';
import { createOwnership } from '../../src/core/sessions/ownership.ts';
import type { DecidePermission } from '../../src/core/sessions/permission-desk.ts';
import { TURN_LIMITS } from '../../src/core/sessions/turn.ts';
import type { TurnLimits } from '../../src/core/sessions/turn.ts';
import { createFakeAgents } from './fake-agent.ts';
import type { FakeAgents } from './fake-agent.ts';
import { createManualClock, settle } from './manual-clock.ts';
import { createMemorySessions } from './memory-sessions.ts';
import { createMemoryThreads } from './memory-threads.ts';
import { createMemoryWakeBus } from './memory-wake-bus.ts';

export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export const OPERATOR: Caller = {
  actor: { surface: 'web', id: 'operator', name: 'Ada', kind: 'person' },
  roles: ['maintain'],
};

export const READER: Caller = {
  actor: { surface: 'web', id: 'reader', name: 'Ravi', kind: 'person' },
  roles: ['read'],
};

const TEMPLATE: AgentTemplate = {
  id: 'example',
  version: 1,
  name: 'Example agent',
  spawn: { command: 'example', args: [] },
  runtime: { provider: 'local' },
  managed: true,
};

function memoryTemplates(): TemplateStore {
  return {
    syncManaged: async () => {},
    templates: async () => [TEMPLATE],
    template: async (id) => (id === TEMPLATE.id ? TEMPLATE : undefined),
    save: async () => 'managed',
    remove: async () => 'managed',
  };
}

function memoryDecisions(all: Decision[]): DecisionLog & { readonly all: Decision[] } {
  return {
    all,
    append: async (decision) => void all.push(decision),
    decisions: async () => ({ data: all, nextCursor: null }),
  };
}

export interface BenchOptions {
  /** The rule about requesters answering for themselves. */
  readonly requesterMayApprove?: boolean;
  readonly decide?: DecidePermission;
  readonly agents?: FakeAgents;
  readonly exclusive?: boolean;
  readonly limits?: TurnLimits;
}

/** The durable half, and what survives a crash. */
export function createWorld() {
  const memory = createMemorySessions();
  return {
    memory,
    clock: createManualClock(),
    wakeBus: createMemoryWakeBus(),
    decisions: memoryDecisions(memory.decisions),
  };
}

export type World = ReturnType<typeof createWorld>;

/** One server process on a world. */
export async function startServer(world: World, options: BenchOptions = {}) {
  const { memory, clock, wakeBus, decisions } = world;
  const agents = options.agents ?? createFakeAgents();
  const holder: HolderId = mintId('h', clock.now());
  const hub = createEventHub({ store: memory.sessions, wakeBus, clock, logger: SILENT });
  const ownership = createOwnership({
    leases: memory.leases,
    holder,
    clock,
    logger: SILENT,
    exclusive: options.exclusive ?? true,
  });
  const manager = createSessionManager({
    store: memory.sessions,
    hub,
    wakeBus,
    clock,
    logger: SILENT,
    runtimes: new Map([['local', agents.runtime]]),
    connector: agents.connector,
    environment: () => ({}),
    decide: options.decide ?? (() => ({ action: 'ask' })),
    limits: options.limits ?? TURN_LIMITS,
    permissionExpiryMs: PERMISSION_EXPIRY_MS,
    ownership,
    onOwned: () => {},
    onLost: () => {},
  });
  const service = createSessionService({
    store: memory.sessions,
    templates: memoryTemplates(),
    hub,
    wakeBus,
    manager,
    guard: createGuard({ decisions, threads: createMemoryThreads(), clock }),
    clock,
    requesterMayApprove: () => options.requesterMayApprove,
    admit: async () => {},
  });
  await ownership.start();
  await manager.start();
  await settle();
  const events = (id: SessionId): readonly SessionEvent[] => memory.log(id).map(decodeEvent);
  return {
    ...world,
    agents,
    hub,
    ownership,
    manager,
    service,
    events,
    types: (id: SessionId) => events(id).map((event) => event.type),
    /** A session whose agent is ready. */
    async open(): Promise<SessionId> {
      const { session } = await service.create(OPERATOR, { agentTemplateId: 'example' });
      await clock.until(async () => (await memory.sessions.session(session.id))?.state === 'idle');
      return session.id;
    },
    say: (id: SessionId, text: string, more: { steer?: boolean } = {}) =>
      service.prompt(OPERATOR, id, { content: [{ type: 'text', text }], ...more }),
    /** Lets time pass until the session rests. */
    rest: (id: SessionId) =>
      clock.until(async () => {
        const session = await memory.sessions.session(id);
        const open = await memory.sessions.prompts(id, ['running', 'queued']);
        return open.length === 0 && session?.state === 'idle';
      }),
  };
}

export type Server = Awaited<ReturnType<typeof startServer>>;
