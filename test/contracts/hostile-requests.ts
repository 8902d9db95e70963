/**
 * What reaches the address that a platform posts to, and is not from it: refused over real sockets,
 * without effect, in bounded memory and time. Both platforms pass it.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { getRequestListener } from '@hono/node-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManualClock } from '../harness/manual-clock.ts';

type Headers = Readonly<Record<string, string>>;

export interface Hooked {
  readonly clock: ManualClock;
  readonly path: string;
  handle(request: Request): Promise<Response>;
  /** Headers of a genuine delivery of this body, its content type JSON. */
  sign(body: Buffer): Headers;
  /** A genuine delivery that would start work. */
  readonly genuine: string;
  /** Most bytes of one body. */
  readonly largest: number;
  /** Deliveries stored, calls made, sessions begun: all that could have changed. */
  effects(): Promise<unknown>;
  close(): Promise<void>;
}

export function describeHostileRequests(name: string, open: () => Promise<Hooked>): void {
  describe(`${name}: requests of strangers`, () => {
    let hooked: Hooked;
    let server: Server;
    let port = 0;
    const sockets = new Set<Socket>();
    beforeEach(async () => {
      hooked = await open();
      server = createServer(getRequestListener((request) => hooked.handle(request)));
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      port = (server.address() as AddressInfo).port;
    });
    afterEach(async () => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      server.closeAllConnections();
      server.close();
      await hooked.close();
    });

    /** Sends the head and a part of a body; the status once there is an answer. */
    function send(headers: Headers, body: Buffer, length = body.length) {
      const socket = connect(port, '127.0.0.1');
      sockets.add(socket);
      const lines = Object.entries({ ...headers, 'content-length': String(length) });
      const head = [`POST ${hooked.path} HTTP/1.1`, 'host: localhost'];
      socket.write(
        [...head, ...lines.map(([key, value]) => `${key}: ${value}`), '', ''].join('\r\n'),
      );
      socket.write(body);
      let answer = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
      // What is refused early may be cut off while it is still being sent.
      socket.on('error', () => undefined);
      const status = async (): Promise<number> => {
        while (!answer.includes('\r\n'))
          await Promise.race([once(socket, 'data'), once(socket, 'close')]);
        return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
      };
      return { socket, status };
    }
    const signed = (body: Buffer): Headers => hooked.sign(body);
    const genuine = (): Buffer => Buffer.from(hooked.genuine);

    const CASES: Readonly<
      Record<string, { readonly status: number | readonly number[]; send(): Promise<number> }>
    > = {
      'no signature': {
        status: 401,
        send: () => send({ 'content-type': 'application/json' }, genuine()).status(),
      },
      'the signature of another body': {
        status: 401,
        send: () => send(signed(Buffer.from('{}')), genuine()).status(),
      },
      'one byte changed': {
        status: 401,
        send: () => {
          const body = genuine();
          body[body.length - 2] = 32;
          return send(signed(genuine()), body).status();
        },
      },
      garbage: {
        status: 400,
        send: () => send(signed(Buffer.from([0, 1, 2])), Buffer.from([0, 1, 2])).status(),
      },
      'nothing at all': {
        status: 400,
        send: () => send(signed(Buffer.alloc(0)), Buffer.alloc(0)).status(),
      },
      'JSON that is no object': {
        status: 400,
        send: () => send(signed(Buffer.from('7')), Buffer.from('7')).status(),
      },
      'another content type': {
        status: 415,
        send: () => send({ ...signed(genuine()), 'content-type': 'text/xml' }, genuine()).status(),
      },
      'a body that is packed': {
        status: 400,
        send: () => {
          const packed = gzipSync(genuine());
          return send({ ...signed(packed), 'content-encoding': 'gzip' }, packed).status();
        },
      },
      'ten megabytes that nobody signed': {
        // It may be read whole, and its signature be looked at, where so much is allowed.
        status: [401, 413],
        send: () =>
          send({ 'content-type': 'application/json' }, Buffer.alloc(10_000_000, 32)).status(),
      },
      'more than fits, and says so': {
        status: 413,
        send: () => send(signed(genuine()), genuine(), hooked.largest + 1).status(),
      },
    };

    it.each(Object.entries(CASES))(
      '%s: refused, and nothing changed',
      async (_name, { status, send: go }) => {
        const before = await hooked.effects();
        const answered = await go();
        expect([status].flat()).toContain(answered);
        await hooked.clock.advance(5_000);
        expect(await hooked.effects()).toEqual(before);
      },
    );

    it('a body that comes too slowly: let go after ten seconds, and nothing changed', async () => {
      const before = await hooked.effects();
      const slow = Array.from({ length: 20 }, () =>
        send(signed(genuine()), genuine().subarray(0, 10), genuine().length),
      );
      const answers = Promise.all(slow.map(({ status }) => status()));
      // Its first bytes have to arrive before time can pass for it.
      const answered = answers.then(() => true);
      for (let at = 0; at < 1_000; at += 1) {
        const isOver = await Promise.race([
          answered,
          new Promise<false>((resolve) => {
            setTimeout(() => resolve(false), 10);
          }),
        ]);
        if (isOver) break;
        await hooked.clock.advance(1_000);
      }
      expect(new Set(await answers)).toEqual(new Set([408]));
      expect(await hooked.effects()).toEqual(before);
    });

    it('a genuine one is taken all the same, in the midst of it', async () => {
      send(signed(genuine()), genuine().subarray(0, 10), genuine().length);
      const status = await send(signed(genuine()), genuine()).status();
      expect([200, 202]).toContain(status);
    });
  });
}
