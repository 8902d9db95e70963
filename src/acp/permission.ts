/** The raw `session/request_permission` -> what core asks people. Odd shapes are kept, not refused. */
import type { AgentPermissionRequest } from '../core/ports/agent.ts';
import { objectIn, objectsIn, textIn } from './json.ts';
import type { JsonObject } from './json.ts';

/** An option without an id cannot be answered and is left out; an unknown kind stays as it is. */
export function asPermissionRequest(params: JsonObject): AgentPermissionRequest {
  const toolCall = objectIn(params, 'toolCall') ?? {};
  return {
    toolCallId: textIn(toolCall, 'toolCallId') ?? '',
    toolCall,
    options: objectsIn(params, 'options').flatMap((option) => {
      const optionId = textIn(option, 'optionId');
      if (optionId === undefined) return [];
      const name = textIn(option, 'name') ?? optionId;
      return [{ optionId, name, kind: textIn(option, 'kind') ?? 'unknown' }];
    }),
  };
}
