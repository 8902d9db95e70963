/** The raw `session/request_permission` -> what core asks people. Odd shapes are kept, not refused. */
import type { AgentPermissionRequest } from '../core/ports/agent.ts';
import { objectIn, objectsIn, textIn } from './json.ts';
import type { JsonObject } from './json.ts';
import { reasonOf } from './noise.ts';

/**
 * An option without an id cannot be answered, and a second one with the same id cannot be told from
 * the first (a "reject" might allow): both are left out. An unknown kind stays as it is.
 */
export function asPermissionRequest(params: JsonObject): AgentPermissionRequest {
  const toolCall = objectIn(params, 'toolCall') ?? {};
  const known = new Set<string>();
  return {
    toolCallId: textIn(toolCall, 'toolCallId') ?? '',
    toolCall,
    options: objectsIn(params, 'options').flatMap((option) => {
      const optionId = textIn(option, 'optionId');
      if (optionId === undefined || known.has(optionId)) return [];
      known.add(optionId);
      const name = textIn(option, 'name') ?? optionId;
      return [{ optionId, name, kind: textIn(option, 'kind') ?? 'unknown' }];
    }),
  };
}

export interface PermissionDesk {
  /** A request of the agent; `params` as they came. */
  ask(id: unknown, params: JsonObject): void;
  /** Answers all that are open with `cancelled`. */
  cancelAll(): void;
}

/** Open permission requests on the wire: each is answered exactly once, whoever answers first. */
export function createPermissionDesk(
  decide: (params: JsonObject) => Promise<JsonObject>,
  send: (message: object) => Promise<void>,
  log: (level: 'info' | 'warn', message: string) => void,
): PermissionDesk {
  const open = new Map<unknown, (outcome: JsonObject) => void>();
  return {
    ask(id, params) {
      const answer = (outcome: JsonObject): void => {
        if (open.get(id) !== answer) return;
        open.delete(id);
        // Fails only when the process is gone, and then nobody waits for it.
        send({ jsonrpc: '2.0', id, result: { outcome } }).catch(() => undefined);
      };
      open.set(id, answer);
      decide(params).then(answer, (error: unknown) => {
        log(
          'warn',
          `A permission request could not be decided and is cancelled: ${reasonOf(error)}`,
        );
        answer({ outcome: 'cancelled' });
      });
    },
    cancelAll() {
      for (const answer of open.values()) answer({ outcome: 'cancelled' });
    },
  };
}
