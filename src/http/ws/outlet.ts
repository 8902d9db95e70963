/**
 * What goes out of one socket. Invariant: frames leave in the order in which they were given, and
 * what waits is bounded: past the bound the socket is told how far it got and is closed, so a
 * reader that does not read costs its buffer and nothing else.
 *
 * Events are gathered until the end of the event loop's turn and written as one piece. They are
 * written beside `ws`, as ready frames, since its `send` would make a header per socket and event.
 */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { LoggedEvent } from '../../core/events/hub.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ServerMessage } from './channel-messages.ts';
import type { Channel } from './frames.ts';
import { runOfFrames, SINGLE_SESSION, textFrame } from './frames.ts';

/** Characters of events gathered at most before they are written within a turn of the event loop. */
const GATHERED = 256 * 1024;
/** Time that a closed socket has to take its last frames. */
const LINGER_MS = 5000;

export const CLOSE = {
  goingAway: 1001,
  policy: 1008,
  unauthorized: 4401,
  lagging: 4408,
} as const;

export interface Outlet {
  /** Events of one session that follow each other in what `channel` shows. */
  events(events: readonly LoggedEvent[], channel: Channel): void;
  message(message: ServerMessage): void;
  /** Writes what was gathered, now. */
  flush(): void;
  /** Bytes that the reader has not taken. */
  buffered(): number;
  /** Resolves when the reader took everything, or the socket is gone. */
  drained(): Promise<void>;
  close(code: number, reason: string): void;
  isOpen(): boolean;
}

interface Run {
  readonly channel: Channel;
  readonly sessionId: string;
  readonly events: LoggedEvent[];
}

/** Flushes outlets at the end of the turn, together. */
export interface Flusher {
  add(flush: () => void): void;
}

export function createFlusher(): Flusher {
  let waiting: (() => void)[] = [];
  return {
    add(flush) {
      waiting.push(flush);
      if (waiting.length > 1) return;
      setImmediate(() => {
        const now = waiting;
        waiting = [];
        for (const each of now) each();
      });
    },
  };
}

interface OutletDeps {
  readonly ws: WebSocket;
  readonly socket: Duplex;
  readonly clock: Clock;
  readonly flusher: Flusher;
  readonly limitBytes: number;
  /** Once, when the socket will be sent nothing more. */
  readonly onClosed: () => void;
}

/** Whether frames may still be written, and who waits for the reader. */
function createGate({ ws, socket, clock, onClosed }: OutletDeps) {
  let open = true;
  let waiting: (() => void)[] = [];

  const wake = (): void => {
    const now = waiting;
    waiting = [];
    for (const resolve of now) resolve();
  };
  const shut = (): boolean => {
    if (!open) return false;
    open = false;
    onClosed();
    wake();
    return true;
  };
  socket.on('drain', wake);
  socket.on('close', shut);

  return {
    isOpen: (): boolean => open,
    drained: (): Promise<void> =>
      new Promise((resolve) => {
        if (!open || !socket.writableNeedDrain) resolve();
        else waiting.push(resolve);
      }),
    /** Says goodbye, and does not wait long for a reader that does not read it. */
    end(code: number, reason: string): void {
      if (!shut()) return;
      ws.close(code, reason);
      clock.after(LINGER_MS, () => ws.terminate());
    },
  };
}

/** What a reader is told that is cut off before this run. */
function laggingError(run: Run | undefined): ServerMessage {
  const next = run?.events[0];
  return {
    type: 'error',
    message: 'This socket is not read fast enough. Connect again and go on from lastSeq.',
    code: 'lagging',
    ...(next === undefined ? {} : { lastSeq: next.seq - 1, sessionId: next.sessionId }),
    ...(run === undefined || run.channel === SINGLE_SESSION ? {} : { channel: run.channel }),
  };
}

export function createOutlet(deps: OutletDeps): Outlet {
  const { ws, socket } = deps;
  const gate = createGate(deps);
  let runs: Run[] = [];
  let gathered = 0;

  /** The bound is on what waits, so one event of any size can be sent to a reader that reads. */
  function mayWrite(run: Run | undefined): boolean {
    if (!gate.isOpen() || ws.readyState !== WebSocket.OPEN) return false;
    if (socket.writableLength <= deps.limitBytes) return true;
    socket.write(frameOf(laggingError(run)));
    gate.end(CLOSE.lagging, 'lagging');
    return false;
  }

  function flush(): void {
    if (runs.length === 0) return;
    const now = runs;
    runs = [];
    gathered = 0;
    for (const run of now) if (mayWrite(run)) socket.write(runOfFrames(run.events, run.channel));
  }

  return {
    events(events, channel) {
      const [first] = events;
      if (!gate.isOpen() || first === undefined) return;
      if (runs.length === 0) deps.flusher.add(flush);
      const last = runs.at(-1);
      if (last?.channel === channel && last.sessionId === first.sessionId) {
        for (const event of events) last.events.push(event);
      } else {
        runs.push({ channel, sessionId: first.sessionId, events: [...events] });
      }
      for (const event of events) gathered += event.json.length;
      if (gathered >= GATHERED) flush();
    },
    message(message) {
      flush();
      if (mayWrite(undefined)) socket.write(frameOf(message));
    },
    flush,
    buffered: () => socket.writableLength,
    drained: gate.drained,
    close(code, reason) {
      flush();
      gate.end(code, reason);
    },
    isOpen: gate.isOpen,
  };
}

function frameOf(message: ServerMessage): Buffer {
  return textFrame(JSON.stringify(message));
}
