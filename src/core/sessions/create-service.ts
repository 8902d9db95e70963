/** The session service: the parts in their order, one object. See `service.ts` for the contract. */
import { editMethods } from './service-edits.ts';
import { permissionMethods } from './service-permissions.ts';
import { promptMethods } from './service-prompts.ts';
import { queueMethods } from './service-queue.ts';
import { sessionMethods } from './service-sessions.ts';
import type { ServiceDeps } from './service-deps.ts';
import type { SessionService } from './service.ts';

export function createSessionService(deps: ServiceDeps): SessionService {
  return {
    ...sessionMethods(deps),
    ...promptMethods(deps),
    ...editMethods(deps),
    ...queueMethods(deps),
    ...permissionMethods(deps),
  };
}
