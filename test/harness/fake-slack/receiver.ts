/** An app's request URL that only writes down what it gets. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJson, readBody } from './arguments.ts';
import type { Json } from './state.ts';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: Json;
}

/** `answer` gives the status; undefined: never answers. */
export async function openReceiver() {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((raw) => {
      const isEvent = request.headers['content-type'] === 'application/json';
      const fields = Object.fromEntries(new URLSearchParams(raw));
      const text = isEvent ? raw : (fields.payload ?? JSON.stringify(fields));
      const body: unknown = JSON.parse(text);
      const one = { headers: request.headers, raw, body: isJson(body) ? body : {} };
      received.push(one);
      const status = receiver.answer(one);
      if (status !== undefined) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const receiver: {
    answer: (one: Received) => number | undefined;
    readonly received: Received[];
    readonly url: string;
    close(): Promise<void>;
  } = {
    answer: () => 200,
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return receiver;
}
