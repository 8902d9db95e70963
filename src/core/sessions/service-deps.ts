/** What the parts of the session service share. */
import type { EventHub } from '../events/hub.ts';
import { AppError } from '../model/errors.ts';
import type { PermissionRequest } from '../model/permission.ts';
import type { Session } from '../model/session.ts';
import type { SessionId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { CommitResult, SessionCommit, SessionStore } from '../ports/session-store.ts';
import type { TemplateStore } from '../ports/stores.ts';
import type { WakeBus } from '../ports/wake-bus.ts';
import { encodeEvent } from '../events/append.ts';
import { answerWord } from '../transcript/words.ts';
import type { Guard } from './guard.ts';
import type { SessionManager } from './manager.ts';
import type { Change } from './writer.ts';

export interface ServiceDeps {
  readonly store: SessionStore;
  readonly templates: TemplateStore;
  readonly hub: EventHub;
  readonly wakeBus: WakeBus;
  readonly manager: Pick<SessionManager, 'wake' | 'answered' | 'configure'>;
  readonly guard: Guard;
  readonly clock: Clock;
  /**
   * Whether people of a surface may answer permission requests of turns that they asked for; absent
   * or undefined: their role decides.
   */
  readonly requesterMayApprove?: ((surface: string) => boolean | undefined) | undefined;
  /** Runs before a new session is accepted: throws AppError `limited` when there are too many. */
  readonly admit: () => Promise<void>;
}

/** A change by somebody who need not own the session: no epoch; the owner is woken. */
export async function commitAsGuest(
  deps: ServiceDeps,
  sessionId: SessionId,
  change: Change & Pick<SessionCommit, 'create'>,
): Promise<CommitResult> {
  const result = await commitRows(deps, sessionId, change);
  if (result.ok) deps.manager.wake(sessionId);
  return result;
}

/** The same for whoever tells an owner in this process directly what was changed. */
export async function commitRows(
  deps: ServiceDeps,
  sessionId: SessionId,
  { events, ...change }: Change & Pick<SessionCommit, 'create'>,
): Promise<CommitResult> {
  const result = await deps.store.commit({
    ...change,
    sessionId,
    events: events.map(encodeEvent),
    at: deps.clock.now(),
  });
  if (result.ok) {
    deps.hub.published(result.events);
    deps.wakeBus.publish('session', sessionId);
  }
  return result;
}

export async function sessionOf(deps: ServiceDeps, id: SessionId): Promise<Session> {
  const session = await deps.store.session(id);
  if (!session) throw new AppError('not_found', `There is no session ${id}.`);
  return session;
}

/** A refused commit as the error that the caller should see. */
export function refusal(result: Extract<CommitResult, { ok: false }>): AppError {
  switch (result.reason) {
    case 'not_found':
      return new AppError('not_found', `There is no such ${result.what ?? 'session'}.`);
    case 'queue_full':
      return new AppError(
        'limited',
        'The queue of this session is full. Wait for a turn to end, or clear it.',
        {
          details: { retryAfterSeconds: 30 },
        },
      );
    case 'stale':
      return new AppError(
        'conflict',
        `The ${result.what ?? 'session'} is ${result.actual ?? 'in another state'} by now.`,
        { details: { state: result.actual } },
      );
    case 'duplicate':
      return new AppError('conflict', `This ${result.what ?? 'session'} exists already.`);
    case 'fenced':
      return new AppError(
        'unavailable',
        'Another server took this session over. Please try again.',
      );
  }
}

export function answeredAlready(request: PermissionRequest): AppError {
  const option = request.options.find(({ optionId }) => optionId === request.optionId);
  const who = request.answeredBy?.name ?? 'nobody';
  const what =
    request.state === 'expired'
      ? 'It expired before somebody answered.'
      : request.state === 'cancelled'
        ? 'It was cancelled: the turn was stopped, or its agent is gone.'
        : `Already ${answerWord(option?.kind).toLowerCase()} by ${who}: ${option?.name ?? request.optionId ?? 'no option'}.`;
  return new AppError('already_answered', what, {
    details: {
      state: request.state,
      optionId: request.optionId,
      optionKind: option?.kind ?? null,
      by: request.answeredBy?.name ?? null,
      byId: request.answeredBy?.id ?? null,
    },
  });
}
