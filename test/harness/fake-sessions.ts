/**
 * A SessionService with state and no agents, on the real event hub: what is prompted runs until a
 * test ends it. For tests of the edges that call the service; its own rules are tested in core.
 */
import { authorize } from '../../src/core/access/authorize.ts';
import { encodeEvent } from '../../src/core/events/append.ts';
import { createEventHub } from '../../src/core/events/create-hub.ts';
import type { EventHub } from '../../src/core/events/hub.ts';
import type { Actor, Caller } from '../../src/core/model/actor.ts';
import { textOf } from '../../src/core/model/content.ts';
import { AppError } from '../../src/core/model/errors.ts';
import type { NewEvent, StoredEvent } from '../../src/core/model/events.ts';
import type { PromptId, RequestId, SessionId } from '../../src/core/model/ids.ts';
import { mintId, parseId } from '../../src/core/model/ids.ts';
import type { PermissionRequest } from '../../src/core/model/permission.ts';
import type { Prompt, Session } from '../../src/core/model/session.ts';
import { QUEUE_LIMIT } from '../../src/core/model/session.ts';
import type { Verb } from '../../src/core/model/verbs.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Logger } from '../../src/core/ports/logger.ts';
import type { SessionStore } from '../../src/core/ports/session-store.ts';
import type { SessionService, TurnResult } from '../../src/core/sessions/service.ts';
import { createMemoryWakeBus } from './memory-wake-bus.ts';

const AGENT: Actor = { surface: 'api', id: 'k_test', name: 'test', kind: 'token' };

export interface FakeSessions {
  readonly sessions: SessionService;
  readonly hub: EventHub;
  readonly store: Pick<SessionStore, 'events' | 'session'>;
  /** A session as if it had been created. */
  add(id: string): SessionId;
  /** Logs events and publishes them as one commit. */
  append(id: SessionId, ...events: readonly NewEvent[]): readonly StoredEvent[];
  /** One coalesced text chunk. */
  say(id: SessionId, text: string): void;
  /** Ends the running turn. */
  endTurn(id: SessionId, result?: Partial<TurnResult>): void;
  /** The agent asks. */
  ask(id: SessionId): PermissionRequest;
  /** The next call of this method rejects so. */
  failNext(method: keyof SessionService, error: Error): void;
  /** Arguments of the calls of `prompt`. */
  prompts(): readonly Prompt[];
  count(): number;
}

interface Entry {
  session: Session;
  readonly log: StoredEvent[];
}

export function createFakeSessions(deps: { clock: Clock; logger: Logger }): FakeSessions {
  const { clock } = deps;
  const entries = new Map<SessionId, Entry>();
  const prompts = new Map<PromptId, Prompt>();
  const requests = new Map<RequestId, PermissionRequest>();
  const turns = new Map<PromptId, PromiseWithResolvers<TurnResult>>();
  const failures = new Map<string, Error>();

  const store: FakeSessions['store'] = {
    events: async (id, after, limit) => entries.get(id)?.log.slice(after, after + limit) ?? [],
    session: async (id) => entries.get(id)?.session,
  };
  const hub = createEventHub({ ...deps, store, wakeBus: createMemoryWakeBus() });

  function entryOf(id: SessionId): Entry {
    const entry = entries.get(id);
    if (!entry) throw new AppError('not_found', `There is no session ${id}.`);
    return entry;
  }

  function check(method: keyof SessionService, verb: Verb, caller: Caller): void {
    const failure = failures.get(method);
    failures.delete(method);
    if (failure) throw failure;
    const decision = authorize(verb, caller);
    if (!decision.allow) throw new AppError('forbidden', decision.reason);
  }

  function append(id: SessionId, ...events: readonly NewEvent[]): readonly StoredEvent[] {
    const entry = entryOf(id);
    const at = clock.now();
    const stored = events.map((event, index) => ({
      ...encodeEvent(event),
      sessionId: id,
      seq: entry.log.length + index + 1,
      at,
    }));
    entry.log.push(...stored);
    entry.session = { ...entry.session, lastSeq: entry.log.length, updatedAt: at };
    hub.published(stored);
    return stored;
  }

  const inState = (id: SessionId, state: Prompt['state']): Prompt[] =>
    [...prompts.values()]
      .filter((prompt) => prompt.sessionId === id && prompt.state === state)
      .sort((a, b) => a.rank - b.rank);

  function turnOf(id: PromptId): PromiseWithResolvers<TurnResult> {
    const turn = turns.get(id) ?? Promise.withResolvers<TurnResult>();
    turns.set(id, turn);
    return turn;
  }

  function startNext(id: SessionId): void {
    const { session } = entryOf(id);
    const [next] = inState(id, 'queued');
    if (session.queuePaused || !next || inState(id, 'running').length > 0) return;
    prompts.set(next.id, { ...next, state: 'running', startedAt: clock.now() });
    append(id, { type: 'prompt.started', data: { promptId: next.id } });
  }

  function finish(id: SessionId, promptId: PromptId, result: Partial<TurnResult>): void {
    const prompt = prompts.get(promptId);
    if (!prompt) return;
    prompts.set(promptId, { ...prompt, state: 'done' });
    const turn = { promptId, stopReason: 'end_turn', text: 'Done.', ...result };
    append(id, { type: 'turn.ended', data: { promptId, stopReason: turn.stopReason } });
    turnOf(promptId).resolve(turn);
    startNext(id);
  }

  function cancel(id: SessionId, prompt: Prompt, by: Actor): void {
    if (prompt.state === 'running') {
      finish(id, prompt.id, { stopReason: 'cancelled' });
      return;
    }
    prompts.set(prompt.id, { ...prompt, state: 'cancelled' });
    append(id, { type: 'prompt.cancelled', data: { promptId: prompt.id, by: { ...by } } });
    turnOf(prompt.id).resolve({ promptId: prompt.id, stopReason: 'cancelled', text: '' });
  }

  function insert(id: SessionId, from: Partial<Session>): Session {
    const now = clock.now();
    const session: Session = {
      id,
      agentName: 'Example',
      agentTemplateId: 'example',
      templateVersion: 1,
      spawn: { command: 'node', args: ['agent.ts'] },
      runtime: { provider: 'local' },
      env: { SECRET: 'hunter2' },
      passEnv: [],
      cwd: '/work',
      mcpServers: [],
      metadata: {},
      createdBy: AGENT,
      state: 'idle',
      stateReason: null,
      acpSessionId: null,
      report: {
        canLoad: true,
        canResume: false,
        promptKinds: [],
        modes: [{ id: 'ask', name: 'Ask' }],
        currentModeId: 'ask',
        configOptions: [],
      },
      usage: null,
      queuePaused: false,
      tainted: false,
      lastSeq: 0,
      createdAt: now,
      updatedAt: now,
      ...from,
    };
    entries.set(id, { session, log: [] });
    const data = { agentName: session.agentName, agentTemplateId: session.agentTemplateId };
    append(id, { type: 'session.created', data });
    return entryOf(id).session;
  }

  const sessions: SessionService = {
    async create(caller, input) {
      check('create', input.spawn ? 'session.create_spawn' : 'session.create', caller);
      const id = input.sessionId ?? mintId('s', clock.now());
      const known = entries.get(id);
      if (known) return { session: known.session, created: false };
      const from = { ...input, agentName: input.name ?? 'Example', createdBy: caller.actor };
      return { session: insert(id, from), created: true };
    },
    async session(caller, id) {
      check('session', 'session.read', caller);
      return entryOf(id).session;
    },
    async sessions(caller, filter, cursor, limit) {
      check('sessions', 'session.read', caller);
      const all = [...entries.values()]
        .map((entry) => entry.session)
        .filter((session) => filter.states?.includes(session.state) ?? true)
        .toReversed();
      const start = cursor === null ? 0 : all.findIndex((one) => one.id === cursor) + 1;
      const data = all.slice(start, start + limit);
      return { data, nextCursor: start + limit < all.length ? (data.at(-1)?.id ?? null) : null };
    },
    async prompt(caller, id, input) {
      check('prompt', 'prompt', caller);
      const { session } = entryOf(id);
      if (session.state === 'ended') throw new AppError('conflict', 'This session has ended.');
      const promptId = input.promptId ?? mintId('p', clock.now());
      const created = !prompts.has(promptId);
      if (created) {
        const waiting = inState(id, 'queued').length;
        if (waiting >= QUEUE_LIMIT) throw new AppError('limited', 'The queue is full.');
        const text = textOf(input.content);
        const base = { id: promptId, sessionId: id, content: input.content, text };
        prompts.set(promptId, { ...base, ...freshPrompt(caller, prompts.size, clock.now()) });
        const data = { promptId, text, actor: { ...caller.actor } };
        append(id, { type: 'prompt.queued', data });
        startNext(id);
      }
      const position = inState(id, 'queued').findIndex((prompt) => prompt.id === promptId) + 1;
      return { promptId, state: position > 0 ? 'queued' : 'running', position, created };
    },
    async turnResult(caller, promptId, signal) {
      check('turnResult', 'session.read', caller);
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      });
      return Promise.race([turnOf(promptId).promise, aborted]);
    },
    async retry() {
      throw new Error('no test needs it');
    },
    async setMuted() {
      throw new Error('no test needs it');
    },
    async offerEdit() {
      throw new Error('no test needs it');
    },
    async runEdit() {
      throw new Error('no test needs it');
    },
    async cancelTurn(caller, id) {
      check('cancelTurn', 'cancel', caller);
      entryOf(id);
      const [running] = inState(id, 'running');
      if (running) cancel(id, running, caller.actor);
      return running !== undefined;
    },
    async cancelPrompt(caller, id, promptId) {
      check('cancelPrompt', 'queue.cancel', caller);
      const prompt = prompts.get(promptId);
      if (prompt?.sessionId !== id) throw new AppError('not_found', 'There is no such prompt.');
      cancel(id, prompt, caller.actor);
    },
    async queue(caller, id) {
      check('queue', 'queue.read', caller);
      const { session } = entryOf(id);
      const running = inState(id, 'running')[0] ?? null;
      return { paused: session.queuePaused, running, waiting: inState(id, 'queued') };
    },
    async reorderQueue(caller, id, order) {
      check('reorderQueue', 'queue.reorder', caller);
      const waiting = inState(id, 'queued').map((prompt) => prompt.id);
      if ([...waiting].sort().join() !== [...order].sort().join()) {
        throw new AppError('conflict', 'The order must name exactly the waiting prompts.');
      }
      for (const [rank, promptId] of order.entries()) {
        const prompt = prompts.get(promptId);
        if (prompt) prompts.set(promptId, { ...prompt, rank });
      }
      const items = inState(id, 'queued').map(({ id: promptId, text }, index) => ({
        promptId,
        text,
        position: index + 1,
      }));
      append(id, { type: 'queue.updated', data: { items } });
    },
    async clearQueue(caller, id) {
      check('clearQueue', 'queue.clear', caller);
      const waiting = inState(id, 'queued');
      for (const prompt of waiting) cancel(id, prompt, caller.actor);
      return waiting.length;
    },
    async pauseQueue(caller, id) {
      check('pauseQueue', 'queue.pause', caller);
      const entry = entryOf(id);
      entry.session = { ...entry.session, queuePaused: true };
      append(id, { type: 'queue.paused', data: { by: { ...caller.actor } } });
    },
    async resumeQueue(caller, id) {
      check('resumeQueue', 'queue.resume', caller);
      const entry = entryOf(id);
      entry.session = { ...entry.session, queuePaused: false };
      append(id, { type: 'queue.resumed', data: { by: { ...caller.actor } } });
      startNext(id);
    },
    async answerPermission(caller, id, requestId, reply) {
      check('answerPermission', 'permission.answer', caller);
      const request = requests.get(requestId);
      if (request?.sessionId !== id) throw new AppError('not_found', 'There is no such request.');
      if (request.state !== 'pending') {
        throw new AppError('already_answered', 'Already allowed by test.');
      }
      const optionId = 'optionId' in reply ? reply.optionId : null;
      if (optionId !== null && !request.options.some((option) => option.optionId === optionId)) {
        throw new AppError('unprocessable', 'This option was not offered.');
      }
      const answered: PermissionRequest = {
        ...request,
        state: optionId === null ? 'cancelled' : 'answered',
        optionId,
        answeredBy: caller.actor,
        resolvedAt: clock.now(),
      };
      requests.set(requestId, answered);
      const outcome = optionId === null ? ('cancelled' as const) : ('selected' as const);
      const data = { requestId, outcome, by: { ...caller.actor } };
      append(id, { type: 'permission.resolved', data });
      return answered;
    },
    async permissions(caller, id) {
      check('permissions', 'permission.read', caller);
      return [...requests.values()].filter(
        (one) => one.state === 'pending' && (id === undefined || one.sessionId === id),
      );
    },
    async setConfig(caller, id, optionId, value) {
      check('setConfig', 'session.configure', caller);
      const entry = entryOf(id);
      const report = entry.session.report;
      if (optionId !== 'mode' || !report) {
        throw new AppError('unprocessable', `The agent has no option "${optionId}".`);
      }
      entry.session = { ...entry.session, report: { ...report, currentModeId: value } };
      return entry.session;
    },
    async close(caller, id) {
      check('close', 'session.close', caller);
      const entry = entryOf(id);
      if (entry.session.state === 'ended') return entry.session;
      for (const prompt of inState(id, 'queued')) cancel(id, prompt, caller.actor);
      for (const prompt of inState(id, 'running')) cancel(id, prompt, caller.actor);
      entry.session = { ...entry.session, state: 'ended', lastSeq: entry.log.length + 1 };
      append(id, { type: 'session.terminated', data: { reason: 'terminated' } });
      return entryOf(id).session;
    },
    async reopen(caller, id) {
      check('reopen', 'session.reopen', caller);
      const entry = entryOf(id);
      entry.session = { ...entry.session, state: 'idle' };
      append(id, { type: 'session.resumed', data: { by: { ...caller.actor } } });
      return entryOf(id).session;
    },
  };

  return {
    sessions,
    hub,
    store,
    append,
    add(text) {
      const id = parseId('s', text);
      if (!id) throw new Error(`no id: ${text}`);
      insert(id, {});
      return id;
    },
    say(id, text) {
      append(id, {
        type: 'update',
        data: { update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } },
      });
    },
    endTurn(id, result = {}) {
      const [running] = inState(id, 'running');
      if (running) finish(id, running.id, result);
    },
    ask(id) {
      const request = freshRequest(id, requests.size, clock.now());
      requests.set(request.id, request);
      append(id, {
        type: 'permission.requested',
        data: {
          requestId: request.id,
          promptId: null,
          code: request.code,
          toolCallId: request.toolCallId,
          title: request.title,
          kind: request.kind,
          toolCall: {},
          options: request.options.map((option) => ({ ...option })),
          expiresAt: request.expiresAt,
        },
      });
      return request;
    },
    failNext: (method, error) => void failures.set(method, error),
    prompts: () => [...prompts.values()],
    count: () => [...entries.values()].filter(({ session }) => session.state !== 'ended').length,
  };
}

function freshPrompt(caller: Caller, rank: number, now: number) {
  return {
    rank,
    state: 'queued' as const,
    actor: caller.actor,
    cancelRequested: false,
    readOnly: false,
    stopReason: null,
    error: null,
    queuedAt: now,
    startedAt: null,
    endedAt: null,
  };
}

function freshRequest(sessionId: SessionId, index: number, now: number): PermissionRequest {
  return {
    id: mintId('r', now),
    sessionId,
    promptId: null,
    code: `k${index + 1}`,
    toolCallId: 'call-1',
    toolCall: { toolCallId: 'call-1', title: 'Write notes.txt' },
    title: 'Write notes.txt',
    kind: 'edit',
    options: [
      { optionId: 'yes', name: 'Allow once', kind: 'allow_once' },
      { optionId: 'no', name: 'Reject', kind: 'reject_once' },
    ],
    state: 'pending',
    optionId: null,
    answeredBy: null,
    requestedAt: now,
    expiresAt: now + 1_800_000,
    resolvedAt: null,
  };
}
