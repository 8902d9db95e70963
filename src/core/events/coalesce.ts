/**
 * Joins streamed text. An agent sends a chunk per token; readers want the text, and each event
 * costs a row and a frame per reader. Chunks of one kind and one message that arrive within the
 * window become one event that says how many they were; everything else goes on at once, after
 * what was waiting, so the order of the wire is the order of the log.
 */
import type { NewEvent } from '../model/events.ts';
import type { PromptId } from '../model/ids.ts';
import type { RawUpdate } from '../ports/agent.ts';
import type { Clock } from '../ports/clock.ts';

/** Milliseconds that text waits (control-plane.md, "Streaming text is coalesced"). */
const WINDOW_MS = 20;
/** Characters that may wait; a chunk that reaches this goes on without waiting. */
const WAITING_LIMIT = 64 * 1024;

const TEXT_KINDS = new Set(['agent_message_chunk', 'agent_thought_chunk', 'user_message_chunk']);

interface Waiting {
  readonly kind: string;
  readonly messageId: unknown;
  readonly promptId: PromptId | undefined;
  readonly text: string;
  readonly chunks: number;
}

export interface Coalescer {
  push(update: RawUpdate, promptId: PromptId | undefined): void;
  /** Sends what waits, now. */
  flush(): void;
}

/** The text of a plain text chunk; undefined for anything that carries more than text. */
function plainText(update: RawUpdate): string | undefined {
  if (!TEXT_KINDS.has(update.sessionUpdate)) return undefined;
  for (const field in update) {
    if (field !== 'sessionUpdate' && field !== 'content' && field !== 'messageId') return undefined;
  }
  const content = update['content'];
  if (typeof content !== 'object' || content === null) return undefined;
  const block: Readonly<Record<string, unknown>> = { ...content };
  if (block['type'] !== 'text' || typeof block['text'] !== 'string') return undefined;
  return Object.keys(block).length === 2 ? block['text'] : undefined;
}

/** More than this is not held back: no secret is so long. */
const HELD_LIMIT = 4_096;

export function createCoalescer(deps: {
  readonly clock: Clock;
  /**
   * How many characters at the end of a text may be the beginning of a secret: they wait for what
   * follows, or a secret in two events would be seen in neither.
   */
  readonly holdBack?: (text: string) => number;
  /** Takes events in order; called synchronously. */
  readonly emit: (event: NewEvent) => void;
}): Coalescer {
  const { clock, holdBack = () => 0 } = deps;
  let waiting: Waiting | undefined;
  let cancelTimer: (() => void) | undefined;

  /** Sends what waits but for its last `held` characters. */
  function send(held: number): void {
    cancelTimer?.();
    cancelTimer = undefined;
    if (!waiting || held >= waiting.text.length) return;
    const cut = waiting.text.length - held;
    deps.emit(eventOf({ ...waiting, text: waiting.text.slice(0, cut) }));
    waiting = held === 0 ? undefined : { ...waiting, text: waiting.text.slice(cut), chunks: 0 };
  }

  function sendSafe(): void {
    const held = waiting ? holdBack(waiting.text) : 0;
    send(held > HELD_LIMIT ? 0 : held);
  }

  return {
    push(update, promptId) {
      const text = plainText(update);
      if (text === undefined) {
        send(0);
        deps.emit({ type: 'update', data: { ...(promptId ? { promptId } : {}), update } });
        return;
      }
      const kind = update.sessionUpdate;
      const messageId = update['messageId'];
      if (
        waiting &&
        (waiting.kind !== kind || waiting.messageId !== messageId || waiting.promptId !== promptId)
      ) {
        send(0);
      }
      waiting = waiting
        ? { ...waiting, text: waiting.text + text, chunks: waiting.chunks + 1 }
        : { kind, messageId, promptId, text, chunks: 1 };
      cancelTimer ??= clock.after(WINDOW_MS, sendSafe);
      if (waiting.text.length >= WAITING_LIMIT) sendSafe();
    },
    flush: () => send(0),
  };
}

function eventOf({ kind, messageId, promptId, text, chunks }: Waiting): NewEvent {
  return {
    type: 'update',
    data: {
      ...(promptId === undefined ? {} : { promptId }),
      ...(chunks > 1 ? { chunks } : {}),
      update: {
        sessionUpdate: kind,
        content: { type: 'text', text },
        ...(messageId === undefined ? {} : { messageId }),
      },
    },
  };
}
