/**
 * The tool calls of a turn as the agent told them so far, raw: a permission request may name only
 * the id of a call whose title and diff came in an update before it (acp.md, "Quirks").
 */
import type { RawUpdate } from '../ports/agent.ts';

export interface KnownToolCalls {
  see(update: RawUpdate): void;
  get(toolCallId: string): Readonly<Record<string, unknown>>;
  clear(): void;
}

export function createKnownToolCalls(): KnownToolCalls {
  const calls = new Map<string, Record<string, unknown>>();
  return {
    see(update) {
      if (update.sessionUpdate !== 'tool_call' && update.sessionUpdate !== 'tool_call_update')
        return;
      const id = update['toolCallId'];
      if (typeof id !== 'string') return;
      const { sessionUpdate: _, ...fields } = update;
      const status = fields['status'];
      if (status === 'completed' || status === 'failed') calls.delete(id);
      else calls.set(id, { ...calls.get(id), ...fields });
    },
    get: (toolCallId) => calls.get(toolCallId) ?? {},
    clear: () => calls.clear(),
  };
}
