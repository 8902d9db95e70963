/**
 * WebSocket frames, made once. A frame of a server is not masked, so the same bytes are right for
 * every socket: an event is encoded once per channel, and a run of events is joined once, whatever
 * the number of sockets that they go to.
 */
import type { LoggedEvent } from '../../core/events/hub.ts';

const FINAL_TEXT = 0x81;

/** One unfragmented text frame (RFC 6455, section 5.2). */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = FINAL_TEXT;
  if (head === 2) {
    frame[1] = length;
  } else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, head, 'utf8');
  return frame;
}

/** Where an event is shown: a channel of `/ws`, or the one session of `/ws/sessions/:id`. */
export type Channel = string;
export const SINGLE_SESSION: Channel = '';

/** Ids and event types have no characters that JSON would escape. */
function eventText(event: LoggedEvent, channel: Channel): string {
  if (channel === SINGLE_SESSION) {
    const timestamp = new Date(event.at).toISOString();
    return `{"type":"event","timestamp":"${timestamp}","seq":${event.seq},"event":${event.wire}}`;
  }
  const id = event.sessionId;
  return `{"type":"event","channel":"${channel}","sessionId":"${id}","agentId":"${id}","seq":${event.seq},"event":${event.wire}}`;
}

/** Few channels show one event, so a list is the fastest map. */
interface Made {
  readonly channel: Channel;
  /** The first event of the run that ends here; the event itself for a run of one. */
  readonly first: LoggedEvent;
  readonly bytes: Buffer;
  readonly next: Made | undefined;
}

/** By the last event of the run. */
const made = new WeakMap<LoggedEvent, Made>();

function find(first: LoggedEvent, last: LoggedEvent, channel: Channel): Buffer | undefined {
  for (let entry = made.get(last); entry !== undefined; entry = entry.next) {
    if (entry.first === first && entry.channel === channel) return entry.bytes;
  }
  return undefined;
}

function keep(first: LoggedEvent, last: LoggedEvent, channel: Channel, bytes: Buffer): Buffer {
  made.set(last, { channel, first, bytes, next: made.get(last) });
  return bytes;
}

function eventFrame(event: LoggedEvent, channel: Channel): Buffer {
  return (
    find(event, event, channel) ?? keep(event, event, channel, textFrame(eventText(event, channel)))
  );
}

/**
 * The frames of events that follow each other, as one piece. The events are consecutive in what
 * the channel shows of one session, so first and last name the run.
 */
export function runOfFrames(events: readonly LoggedEvent[], channel: Channel): Buffer {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return Buffer.alloc(0);
  if (first === last) return eventFrame(first, channel);
  return (
    find(first, last, channel) ??
    keep(first, last, channel, Buffer.concat(events.map((event) => eventFrame(event, channel))))
  );
}
