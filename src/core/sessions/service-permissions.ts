/** Permission requests: list and answer. The first valid answer wins; the row decides. */
import { authorize, type AccessFacts } from '../access/authorize.ts';
import type { Caller } from '../model/actor.ts';
import { AppError } from '../model/errors.ts';
import type { RequestId, SessionId } from '../model/ids.ts';
import type { PermissionRequest } from '../model/permission.ts';
import type { PermissionPatch } from '../ports/session-store.ts';
import { resolvedEvent } from './permission-desk.ts';
import { answeredAlready, commitRows, refusal } from './service-deps.ts';
import type { ServiceDeps } from './service-deps.ts';
import type { PermissionReply, SessionService } from './service.ts';

type Methods = Pick<SessionService, 'answerPermission' | 'permissions'>;

const VERB = 'permission.answer';

export function permissionMethods(deps: ServiceDeps): Methods {
  const { store, guard, clock } = deps;

  async function requestOf(id: SessionId, requestId: RequestId): Promise<PermissionRequest> {
    const request = await store.permission(requestId);
    if (request?.sessionId === id) return request;
    throw new AppError('not_found', `There is no permission request ${requestId} in this session.`);
  }

  async function factsOf(caller: Caller, request: PermissionRequest): Promise<AccessFacts> {
    const prompt = request.promptId === null ? undefined : await store.prompt(request.promptId);
    const { surface, id } = caller.actor;
    return {
      isRequester: prompt?.actor.surface === surface && prompt.actor.id === id,
      requesterMayApprove: deps.requesterMayApprove?.(surface),
    };
  }

  return {
    async answerPermission(caller, id, requestId, reply) {
      const request = await requestOf(id, requestId);
      const about = {
        sessionId: id,
        promptId: request.promptId,
        subject: JSON.stringify(request.toolCall),
      };
      // Late, for whoever may look: there is nothing left to be refused.
      const isOver = request.state !== 'pending';
      if (isOver && authorize('permission.read', caller).allow) throw answeredAlready(request);
      await guard.check(VERB, caller, about, await factsOf(caller, request));
      if (isOver) throw answeredAlready(request);
      const choice = chosen(request, reply);
      if (isStanding(request, choice.optionId)) await guard.check('approve.always', caller, about);
      const patch: PermissionPatch = {
        id: requestId,
        ...choice,
        answeredBy: caller.actor,
        resolvedAt: clock.now(),
      };
      const answered: PermissionRequest = { ...request, ...patch };
      const result = await commitRows(deps, id, {
        permissions: [patch],
        decision: guard.decision(VERB, caller, patch.optionId ?? 'cancelled', about),
        events: [resolvedEvent(request, patch, withdrawn(patch))],
      });
      if (!result.ok && result.reason === 'stale') {
        throw answeredAlready(await requestOf(id, requestId));
      }
      if (!result.ok) throw refusal(result);
      deps.manager.answered(answered);
      return answered;
    },
    async permissions(caller, id) {
      await guard.check('permission.read', caller, id === undefined ? {} : { sessionId: id });
      return store.pendingPermissions(id);
    },
  };
}

const withdrawn = ({ state }: PermissionPatch): { readonly reason?: 'withdrawn' } =>
  state === 'cancelled' ? { reason: 'withdrawn' } : {};

/** Whether the option allows more than this once. */
function isStanding(request: PermissionRequest, optionId: string | null): boolean {
  const kind = request.options.find((option) => option.optionId === optionId)?.kind ?? '';
  return kind.startsWith('allow') && kind !== 'allow_once';
}

function chosen(
  request: PermissionRequest,
  reply: PermissionReply,
): Pick<PermissionPatch, 'state' | 'optionId'> {
  if (!('optionId' in reply)) return { state: 'cancelled', optionId: null };
  const option = request.options.find(({ optionId }) => optionId === reply.optionId);
  if (option) return { state: 'answered', optionId: option.optionId };
  const offered = request.options.map(({ optionId }) => optionId).join(', ');
  throw new AppError('unprocessable', `"${reply.optionId}" was not offered. Offered: ${offered}.`, {
    details: { offered: request.options },
  });
}
