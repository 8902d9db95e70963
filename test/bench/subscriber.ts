/** A WebSocket client of one session that counts what it gets and answers what it is asked. */
import { WebSocket } from 'ws';

interface Frame {
  readonly type: string;
  readonly event?: {
    readonly type: string;
    readonly data: {
      readonly chunks?: number;
      readonly requestId?: string;
      readonly update?: {
        readonly sessionUpdate: string;
        readonly content?: { readonly text?: string };
      };
    };
  };
}

export interface Subscriber {
  chunks: number;
  last: string;
  prompt(text: string): void;
  /** Resolves at the next event of this type. */
  next(type: string): Promise<void>;
  close(): void;
}

export async function subscribe(
  url: string,
  token: string,
  sessionId: string,
  answers: boolean,
  since = 0,
): Promise<Subscriber> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const channel = `session:${sessionId}`;
  const waiting = new Map<string, (() => void)[]>();
  const send = (message: object): void => socket.send(JSON.stringify(message));
  const tell = (type: string): void => {
    for (const resolve of waiting.get(type) ?? []) resolve();
    waiting.delete(type);
  };
  const subscriber: Subscriber = {
    chunks: 0,
    last: '',
    prompt: (text) => send({ action: 'prompt', sessionId, text }),
    next: (type) =>
      new Promise((resolve) => {
        waiting.set(type, [...(waiting.get(type) ?? []), resolve]);
      }),
    close: () => socket.terminate(),
  };
  socket.on('message', (raw: Buffer) => {
    const frame = JSON.parse(raw.toString('utf8')) as Frame;
    if (frame.type !== 'event' || !frame.event) return tell(frame.type);
    const { type, data } = frame.event;
    if (type === 'update' && data.update?.sessionUpdate === 'agent_message_chunk') {
      subscriber.chunks += data.chunks ?? 1;
      subscriber.last = data.update.content?.text ?? '';
    }
    if (answers && type === 'permission.requested') {
      const requestId = data.requestId;
      send({ action: 'permission.respond', sessionId, requestId, body: { optionId: 'allow' } });
    }
    tell(type);
    return undefined;
  });
  await subscriber.next('connected');
  const subscribed = subscriber.next('subscribed');
  send({ action: 'subscribe', channel, since });
  await subscribed;
  return subscriber;
}
