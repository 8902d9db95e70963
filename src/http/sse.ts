/**
 * Server-sent events of one session. Invariant: what was sent is what the log has, in order, each
 * event once. A slow reader is not sent more than it takes: the rest stays in the log.
 */
import type { LoggedEvent } from '../core/events/hub.ts';
import type { Session } from '../core/model/session.ts';
import type { Authenticated } from './auth.ts';
import type { HttpContext } from './deps.ts';

const HEARTBEAT_MS = 15_000;
/** Bytes that may wait for a reader. */
const BUFFER = 256 * 1024;

const encoder = new TextEncoder();
const frames = new WeakMap<LoggedEvent, Uint8Array>();

/** The bytes of an event, the same ones for every stream that is open on its session. */
function frame(event: LoggedEvent): Uint8Array {
  let bytes = frames.get(event);
  if (bytes === undefined) {
    bytes = encoder.encode(`id: ${event.seq}\nevent: ${event.type}\ndata: ${event.wire}\n\n`);
    frames.set(event, bytes);
  }
  return bytes;
}

interface Pump {
  /** The reader took something. */
  readonly drained: () => void;
  /** The reader is gone. */
  readonly stop: () => void;
}

/** Headers of such a stream. */
export const EVENT_STREAM = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };

export function eventStream(
  http: HttpContext,
  authenticated: Authenticated,
  session: Session,
  after: number,
): ReadableStream<Uint8Array> {
  let pump: Pump | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        pump = startPump(http, authenticated, session, after, controller);
      },
      pull: () => pump?.drained(),
      cancel: () => pump?.stop(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFER }),
  );
}

function startPump(
  http: HttpContext,
  authenticated: Authenticated,
  session: Session,
  after: number,
  controller: ReadableStreamDefaultController<Uint8Array>,
): Pump {
  let open = true;
  let terminated = session.state === 'ended';
  let drained: () => void = () => undefined;
  const hasRoom = (): boolean => (controller.desiredSize ?? 0) > 0;

  const stop = (): void => {
    if (!open) return;
    open = false;
    forgetBeat();
    http.closed.removeEventListener('abort', finish);
    subscription.close();
    drained();
  };
  const finish = (): void => {
    if (!open) return;
    stop();
    controller.close();
  };

  /** A terminated session may have been resumed: it has ended when nothing follows. */
  const finishIfLast = async (seq: number): Promise<void> => {
    const now = await http.sessions.session(authenticated.caller, session.id).catch(() => null);
    if (now === null || (now.state === 'ended' && now.lastSeq <= seq)) finish();
  };

  const subscription = http.hub.subscribe(session.id, after, (events) => {
    for (const event of events) {
      if (!open) return undefined;
      controller.enqueue(frame(event));
      if (event.type === 'session.terminated') terminated = true;
      if (event.type === 'session.resumed') terminated = false;
    }
    const last = events.at(-1);
    if (terminated && last !== undefined) return finishIfLast(last.seq);
    if (hasRoom()) return undefined;
    return new Promise((resolve) => {
      drained = resolve;
    });
  });

  const forgetBeat = heartbeat(http, authenticated, {
    beat: () => {
      if (hasRoom()) controller.enqueue(encoder.encode(': heartbeat\n\n'));
    },
    refused: finish,
  });
  http.closed.addEventListener('abort', finish, { once: true });
  return { stop, drained: () => drained() };
}

/** Beats until it is forgotten, and looks each time whether the token still stands. */
function heartbeat(
  http: HttpContext,
  authenticated: Authenticated,
  on: { readonly beat: () => void; readonly refused: () => void },
): () => void {
  let forget: () => void = () => undefined;
  const next = (): void => {
    forget = http.clock.after(HEARTBEAT_MS, () => {
      on.beat();
      next();
      http.recheck(authenticated.hash).then(
        (still) => {
          if (still === undefined) on.refused();
        },
        (error: unknown) => {
          http.logger.warn({ err: error }, 'token of a stream could not be checked');
        },
      );
    });
  };
  next();
  return () => forget();
}
