/**
 * Which updates are history that session/load repeats. By the protocol that ends with the answer to
 * session/load; some agents (Gemini) send the rest of the history after it, so parts of a turn that
 * come before the first prompt after a load count as history too (and the handshake waits for them).
 */
import type { RawUpdate } from '../core/ports/agent.ts';

const PARTS_OF_A_TURN: ReadonlySet<string> = new Set([
  'user_message_chunk',
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
]);

export interface ReplayState {
  asked(method: string): void;
  answered(method: string, ok: boolean): void;
  covers(update: RawUpdate): boolean;
}

export function createReplayState(): ReplayState {
  let state: 'live' | 'loading' | 'tail' = 'live';
  return {
    asked(method) {
      if (method === 'session/load') state = 'loading';
      if (method === 'session/prompt') state = 'live';
    },
    answered(method, ok) {
      if (method === 'session/load') state = ok ? 'tail' : 'live';
    },
    covers: (update) =>
      state === 'loading' || (state === 'tail' && PARTS_OF_A_TURN.has(update.sessionUpdate)),
  };
}
