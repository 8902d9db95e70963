/** The small changes by which an owner sets a session's rows right. Each can be repeated. */
import { SYSTEM_ACTOR } from '../model/actor.ts';
import type { SessionId } from '../model/ids.ts';
import type { ClosedReason } from '../model/permission.ts';
import type { Prompt } from '../model/session.ts';
import type { PermissionPatch, SessionStore } from '../ports/session-store.ts';
import { resolvedEvent } from './permission-desk.ts';
import type { SessionWriter } from './writer.ts';

/** A prompt that was running when its server died. */
export async function interruptPrompt(
  writer: SessionWriter,
  prompt: Prompt,
  now: number,
): Promise<void> {
  const error = 'The server stopped in the middle of this turn.';
  await writer.commit({
    prompts: [
      {
        id: prompt.id,
        from: ['running'],
        state: 'interrupted',
        stopReason: 'interrupted',
        error,
        endedAt: now,
      },
    ],
    events: [
      { type: 'turn.ended', data: { promptId: prompt.id, stopReason: 'interrupted', error } },
    ],
  });
}

/** Requests whose agent is gone: nobody waits for their answer any more. */
export async function cancelLeftPermissions(deps: {
  readonly store: Pick<SessionStore, 'pendingPermissions'>;
  readonly writer: SessionWriter;
  readonly sessionId: SessionId;
  readonly now: number;
  readonly reason: ClosedReason;
}): Promise<void> {
  for (const request of await deps.store.pendingPermissions(deps.sessionId)) {
    const patch: PermissionPatch = {
      id: request.id,
      state: 'cancelled',
      optionId: null,
      answeredBy: SYSTEM_ACTOR,
      resolvedAt: deps.now,
    };
    await deps.writer.commit({
      permissions: [patch],
      events: [resolvedEvent(request, patch, { reason: deps.reason })],
    });
  }
}

export async function setIdle(writer: SessionWriter): Promise<void> {
  await writer.commit({
    sessionIn: ['starting', 'running'],
    session: { state: 'idle', stateReason: null },
    events: [{ type: 'session.idle', data: {} }],
  });
}

export async function failStart(
  writer: SessionWriter,
  message: string,
  code: string,
): Promise<void> {
  await writer.commit({
    sessionIn: ['starting'],
    session: { state: 'failed', stateReason: message },
    events: [{ type: 'session.error', data: { message, code } }],
  });
}

/** The end of a session: what waits is cancelled, and session.terminated is its last event. */
export async function windUp(
  writer: SessionWriter,
  waiting: readonly Prompt[],
  now: number,
): Promise<void> {
  for (const prompt of waiting) {
    await writer.commit({
      prompts: [{ id: prompt.id, from: ['queued'], state: 'cancelled', endedAt: now }],
      events: [
        { type: 'prompt.cancelled', data: { promptId: prompt.id, by: { ...SYSTEM_ACTOR } } },
      ],
    });
  }
  await writer.commit({
    sessionIn: ['ending'],
    session: { state: 'ended' },
    events: [{ type: 'session.terminated', data: { reason: 'terminated' } }],
  });
}
