/**
 * What a turn of the example agent can do: say, think, show. Everything it sends is also written
 * to the history, and everything it waits for ends at once when the turn is cancelled.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type {
  AgentContext,
  RequestPermissionOutcome,
  SessionUpdate,
  ToolCallUpdate,
} from '@agentclientprotocol/sdk';

/** Thrown by everything that waits when the client has sent session/cancel. */
export class TurnCancelled extends Error {}

export interface Stage {
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** True: writes without asking. */
  readonly auto: boolean;
  /** Everything sent in this turn, in order. */
  readonly sent: readonly SessionUpdate[];
  show(update: SessionUpdate): Promise<void>;
  /** Streams text in pieces of about `size` characters. */
  say(text: string, size?: number): Promise<void>;
  think(text: string): Promise<void>;
  wait(ms: number): Promise<void>;
  askPermission(toolCall: ToolCallUpdate): Promise<RequestPermissionOutcome>;
  /** The person allowed it for good: from now on this session is in mode `auto`. */
  becomeAuto(): Promise<void>;
}

export interface StageDeps {
  readonly client: AgentContext;
  readonly sessionId: string;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly auto: boolean;
  /** Pause after each piece of text, ms. */
  readonly delayMs: number;
  readonly becomeAuto: () => void;
}

const PIECE = 14;

export function createStage(deps: StageDeps): Stage {
  const sent: SessionUpdate[] = [];
  const show = async (update: SessionUpdate): Promise<void> => {
    if (deps.signal.aborted) throw new TurnCancelled();
    sent.push(update);
    await deps.client.notify('session/update', { sessionId: deps.sessionId, update });
  };
  const wait = async (ms: number): Promise<void> => {
    try {
      await pause(ms, undefined, { signal: deps.signal });
    } catch {
      throw new TurnCancelled();
    }
  };
  const stream = async (
    kind: 'agent_message_chunk' | 'agent_thought_chunk',
    text: string,
    size: number,
  ): Promise<void> => {
    for (const piece of pieces(text, size)) {
      await show({ sessionUpdate: kind, content: { type: 'text', text: piece } });
      if (deps.delayMs > 0) await wait(deps.delayMs);
    }
  };
  return {
    cwd: deps.cwd,
    signal: deps.signal,
    auto: deps.auto,
    sent,
    show,
    wait,
    say: (text, size = PIECE) => stream('agent_message_chunk', text, size),
    think: (text) => stream('agent_thought_chunk', text, PIECE),
    async askPermission(toolCall) {
      const { outcome } = await deps.client.request('session/request_permission', {
        sessionId: deps.sessionId,
        toolCall,
        options: [
          { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
          { optionId: 'allow-session', name: 'Allow for this session', kind: 'allow_always' },
          { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
        ],
      });
      return outcome;
    },
    async becomeAuto() {
      deps.becomeAuto();
      await show({ sessionUpdate: 'current_mode_update', currentModeId: 'auto' });
    },
  };
}

/** Cuts at the first space after `size` characters, so that words stay whole. */
function* pieces(text: string, size: number): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const space = text.indexOf(' ', start + size);
    const end = space < 0 ? text.length : space + 1;
    yield text.slice(start, end);
    start = end;
  }
}
