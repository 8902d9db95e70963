/** Sessions: create, read, configure, close, reopen. */
import type { Caller } from '../model/actor.ts';
import type { AgentTemplate } from '../model/agent.ts';
import { AppError } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import { mintId } from '../model/ids.ts';
import type { Session } from '../model/session.ts';
import { commitAsGuest, refusal, sessionOf } from './service-deps.ts';
import type { ServiceDeps } from './service-deps.ts';
import type { CreateSession, SessionService } from './service.ts';

type Methods = Pick<
  SessionService,
  'create' | 'session' | 'sessions' | 'setConfig' | 'setMuted' | 'close' | 'reopen'
>;

export function sessionMethods(deps: ServiceDeps): Methods {
  const { store, guard } = deps;

  return {
    create: (caller, input) => create(deps, caller, input),
    async session(caller, id) {
      await guard.check('session.read', caller, { sessionId: id });
      return sessionOf(deps, id);
    },
    async sessions(caller, filter, cursor, limit) {
      await guard.check('session.read', caller);
      return store.sessions(filter, cursor, limit);
    },
    async setConfig(caller, id, optionId, value) {
      await guard.check('session.configure', caller, { sessionId: id });
      await openSession(deps, id);
      await deps.manager.configure(id, optionId, value);
      return sessionOf(deps, id);
    },
    async setMuted(caller, id, threadId, muted) {
      await guard.check(muted ? 'mute' : 'unmute', caller, { sessionId: id });
      await sessionOf(deps, id);
      const data = { threadId, by: { ...caller.actor } };
      const result = await commitAsGuest(deps, id, {
        events: [muted ? { type: 'thread.muted', data } : { type: 'thread.unmuted', data }],
      });
      if (!result.ok) throw refusal(result);
    },
    async close(caller, id) {
      await guard.check('session.close', caller, { sessionId: id });
      const session = await sessionOf(deps, id);
      if (session.state === 'ending' || session.state === 'ended') return session;
      const result = await commitAsGuest(deps, id, {
        sessionIn: ['new', 'starting', 'idle', 'running', 'failed'],
        session: { state: 'ending', stateReason: `Closed by ${caller.actor.name}.` },
        events: [],
      });
      if (!result.ok && result.reason !== 'stale') throw refusal(result);
      return sessionOf(deps, id);
    },
    async reopen(caller, id) {
      await guard.check('session.reopen', caller, { sessionId: id });
      const result = await commitAsGuest(deps, id, {
        sessionIn: ['ended'],
        session: { state: 'idle', stateReason: null },
        events: [{ type: 'session.resumed', data: { by: { ...caller.actor } } }],
      });
      if (!result.ok) throw refusal(result);
      return sessionOf(deps, id);
    },
  };
}

async function create(
  deps: ServiceDeps,
  caller: Caller,
  input: CreateSession,
): Promise<{ session: Session; created: boolean }> {
  const { guard, clock } = deps;
  await guard.check('session.create', caller);
  // An MCP server is a command that the agent runs, or an address that it calls, unasked.
  const servers = input.mcpServers ?? [];
  if (input.spawn || input.cwd !== undefined || servers.length > 0) {
    await guard.check('session.create_spawn', caller);
  }
  const template = await templateOf(deps, input);
  await deps.admit();
  const session = newSession(caller, input, template, clock.now());
  const result = await commitAsGuest(deps, session.id, {
    create: session,
    events: [
      {
        type: 'session.created',
        data: { agentName: session.agentName, agentTemplateId: session.agentTemplateId },
      },
    ],
  });
  if (!result.ok && result.reason !== 'duplicate') throw refusal(result);
  return { session: await sessionOf(deps, session.id), created: result.ok };
}

async function templateOf(deps: ServiceDeps, input: CreateSession): Promise<AgentTemplate | null> {
  if (input.spawn) return null;
  const id = input.agentTemplateId;
  if (id === undefined) {
    throw new AppError('invalid', 'Say which agent: `agentTemplateId` or `spawn`.', {
      details: { field: 'agentTemplateId' },
    });
  }
  const template = await deps.templates.template(id);
  if (template) return template;
  const known = (await deps.templates.templates()).map((one) => one.id).join(', ');
  throw new AppError('not_found', `There is no agent "${id}". Known: ${known}.`);
}

/** The session, if it takes work; AppError `conflict` when it is ending or ended. */
export async function openSession(deps: ServiceDeps, id: SessionId): Promise<Session> {
  const session = await sessionOf(deps, id);
  if (session.state !== 'ending' && session.state !== 'ended') return session;
  throw new AppError('conflict', 'This session has ended. Start a new one, or reopen it.', {
    details: { state: session.state },
  });
}

function newSession(
  caller: Caller,
  input: CreateSession,
  template: AgentTemplate | null,
  now: number,
): Session {
  const spawn = input.spawn ?? template?.spawn ?? { command: '', args: [] };
  return {
    id: input.sessionId ?? mintId('s', now),
    agentName: input.name ?? template?.name ?? spawn.command,
    agentTemplateId: template?.id ?? null,
    templateVersion: template?.version ?? null,
    spawn,
    runtime: template?.runtime ?? { provider: 'local' },
    env: template?.env ?? {},
    passEnv: template?.passEnv ?? [],
    cwd: input.cwd ?? null,
    mcpServers: input.mcpServers ?? [],
    metadata: input.metadata ?? {},
    createdBy: caller.actor,
    state: 'new',
    stateReason: null,
    acpSessionId: null,
    report: null,
    usage: null,
    queuePaused: false,
    tainted: false,
    lastSeq: 0,
    createdAt: now,
    updatedAt: now,
  };
}
