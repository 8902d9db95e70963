/** From the model to what the API shows. */
import type { StoredEvent } from '../../core/model/events.ts';
import type { Caller } from '../../core/model/actor.ts';
import type { PermissionRequest } from '../../core/model/permission.ts';
import type { Prompt, Session } from '../../core/model/session.ts';
import type { HttpContext } from '../deps.ts';
import type { ConfigWire, PermissionWire, QueueWire, SessionWire } from './session-schema.ts';

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function log(event: StoredEvent): SessionWire['logs'][number] {
  const data: Record<string, unknown> = JSON.parse(event.json) as Record<string, unknown>;
  return { seq: event.seq, type: event.type, data, timestamp: isoTime(event.at) };
}

export function queueWire(queue: {
  readonly paused: boolean;
  readonly running: Prompt | null;
  readonly waiting: readonly Prompt[];
}): QueueWire {
  return {
    processing: queue.running !== null,
    paused: queue.paused,
    items: queue.waiting.map((prompt, index) => ({
      queueId: prompt.id,
      text: prompt.text,
      enqueuedAt: isoTime(prompt.queuedAt),
      position: index + 1,
    })),
    size: queue.waiting.length,
  };
}

export function pendingWire(request: PermissionRequest) {
  return {
    requestId: request.id,
    toolCallId: request.toolCallId,
    title: request.title,
    ...(request.kind === null ? {} : { kind: request.kind }),
    options: request.options.map((option) => ({ ...option })),
  };
}

export function permissionWire(request: PermissionRequest): PermissionWire {
  return {
    ...pendingWire(request),
    sessionId: request.sessionId,
    promptId: request.promptId,
    code: request.code,
    state: request.state,
    toolCall: { ...request.toolCall },
    optionId: request.optionId,
    answeredBy: request.answeredBy,
    requestedAt: isoTime(request.requestedAt),
    expiresAt: isoTime(request.expiresAt),
    resolvedAt: request.resolvedAt === null ? null : isoTime(request.resolvedAt),
  };
}

export function configWire(session: Session): ConfigWire {
  const report = session.report;
  return {
    modes: (report?.modes ?? []).map((mode) => ({ ...mode })),
    currentModeId: report?.currentModeId ?? null,
    configOptions: (report?.configOptions ?? []).map((option) => ({
      ...option,
      options: option.options.map((choice) => ({ ...choice })),
    })),
  };
}

export function websocketUrl(publicUrl: string, session: Session): string {
  const url = new URL(`/ws/sessions/${session.id}`, publicUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** Everything that the session's own row says: for lists, and for answers to a change. */
export function briefSession(
  session: Session,
  publicUrl: string,
  pending: PermissionRequest | undefined,
): SessionWire {
  return {
    id: session.id,
    agentName: session.agentName,
    spawn: { command: session.spawn.command, args: [...session.spawn.args] },
    startedAt: isoTime(session.createdAt),
    lastUpdatedAt: isoTime(session.updatedAt),
    status: session.state === 'ended' || session.state === 'ending' ? 'killed' : 'active',
    logs: [],
    pendingPermission: pending === undefined ? null : pendingWire(pending),
    fileSystem: null,
    promptQueue: null,
    websocketUrl: websocketUrl(publicUrl, session),
    runtime: session.runtime.provider,
    state: session.state,
    stateReason: session.stateReason,
    agentTemplateId: session.agentTemplateId,
    templateVersion: session.templateVersion,
    acpSessionId: session.acpSessionId,
    cwd: session.cwd,
    metadata: { ...session.metadata },
    createdBy: session.createdBy,
    turn: null,
    usage: session.usage,
    configOptions: configWire(session).configOptions,
    threads: [],
    lastSeq: session.lastSeq,
  };
}

/** The whole of it: with its newest events, its queue, its turn and its threads. */
export async function fullSession(
  http: HttpContext,
  caller: Caller,
  session: Session,
): Promise<SessionWire> {
  const after = Math.max(0, session.lastSeq - http.limits.sessionLogs);
  const [events, queue, permissions, threads] = await Promise.all([
    http.store.events(session.id, after, http.limits.sessionLogs),
    http.sessions.queue(caller, session.id),
    http.sessions.permissions(caller, session.id),
    http.threadsOf?.(session.id) ?? [],
  ]);
  const running = queue.running;
  return {
    ...briefSession(session, http.publicUrl, permissions[0]),
    logs: events.map(log),
    promptQueue: queueWire(queue),
    turn: running && {
      promptId: running.id,
      text: running.text,
      actor: running.actor,
      startedAt: running.startedAt === null ? null : isoTime(running.startedAt),
    },
    threads: threads.map((thread) => ({ ...thread })),
  };
}
