import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { TestServer, TestSocket } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';
import { createManualClock } from '../harness/manual-clock.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const LIMIT = 1024 * 1024;
const CHUNK = 'x'.repeat(8 * 1024);

/** A client that asks for an upgrade and reads nothing until it is told to. */
async function neverReading(target: TestServer, path: string): Promise<Socket> {
  const token = await target.token('read');
  const { port, host } = new URL(target.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.pause();
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
      `Authorization: Bearer ${token}`,
      '\r\n',
    ].join('\r\n'),
  );
  return socket;
}

/** Starts reading; what came up to the close frame, whose reason is its last word. */
function readToClose(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const end = Buffer.concat(chunks.slice(-2)).subarray(-'lagging'.length);
      if (end.toString() === 'lagging') resolve(Buffer.concat(chunks));
    });
    socket.resume();
  });
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a client that never reads is closed with 4408 while the others see everything in order', async () => {
  // Time stands still, so the socket lingers until it is looked at.
  const clock = createManualClock();
  server = await startServer({ clock, limits: { socketBufferBytes: LIMIT } });
  const id = server.fake.add('s1');
  const socket = await neverReading(server, `/ws/sessions/${id}`);
  const others: TestSocket[] = [];
  for (let i = 0; i < 10; i += 1) others.push(await server.connect(`/ws/sessions/${id}`));
  for (const other of others) await other.until(({ seq }) => seq === 1);

  const total = 3000;
  for (let i = 1; i < total; i += 1) {
    server.fake.say(id, CHUNK);
    await tick();
  }
  for (const other of others) {
    await other.until(({ seq }) => seq === total);
    const seqs = other.messages.flatMap(({ seq }) => (typeof seq === 'number' ? [seq] : []));
    expect(seqs).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    expect(other.ws.readyState).toBe(1);
  }

  const received = await readToClose(socket);
  // 24 MB went to each of the others; here the network had some, and we had no more than the bound.
  expect(received.length).toBeLessThan(16 * LIMIT);
  const text = received.toString('utf8');
  expect(text).toContain('"code":"lagging"');
  const lastSeq = Number(/"lastSeq":(\d+)/.exec(text)?.[1]);
  expect(text).toContain(`"seq":${lastSeq},`);
  expect(text).not.toContain(`"seq":${lastSeq + 1},`);
  const close = received.subarray(-4 - 'lagging'.length);
  expect([close[0], close.readUInt16BE(2), close.subarray(4).toString()]).toEqual([
    0x88,
    4408,
    'lagging',
  ]);
  // It does not answer the close: it is not waited for.
  const gone = new Promise((resolve) => socket.on('close', resolve));
  await clock.advance(5000);
  await gone;
});

it('a client that was cut off goes on from lastSeq', async () => {
  server = await startServer({ limits: { socketBufferBytes: LIMIT } });
  const id = server.fake.add('s1');
  const socket = await server.connect('/ws');
  socket.send({ action: 'subscribe', channel: `session:${id}`, since: 0 });
  await socket.until(({ seq }) => seq === 1);
  for (let i = 0; i < 2000; i += 1) server.fake.say(id, CHUNK);
  const error = await socket.until(({ type }) => type === 'error');
  expect(error).toMatchObject({
    code: 'lagging',
    channel: `session:${id}`,
    sessionId: id,
    lastSeq: expect.any(Number),
  });
  expect(await socket.closed).toBe(4408);
  const again = await server.connect(`/ws/sessions/${id}?since=${String(error['lastSeq'])}`);
  await again.until(({ seq }) => seq === 2001);
  expect(again.messages[1]?.['seq']).toBe(Number(error['lastSeq']) + 1);
});

it('history of any length is sent as fast as it is read, and is never too much', async () => {
  server = await startServer({
    limits: { socketBufferBytes: LIMIT, replayBufferBytes: LIMIT / 4 },
  });
  const id = server.fake.add('s1');
  const total = 3000;
  for (let i = 1; i < total; i += 1) server.fake.say(id, i % 50 === 0 ? CHUNK.repeat(4) : CHUNK);
  const slow = await server.connect(`/ws/sessions/${id}`);
  let reads = 0;
  slow.ws.on('message', () => {
    reads += 1;
    if (reads % 300 !== 0) return;
    slow.ws.pause();
    setTimeout(() => slow.ws.resume(), 20);
  });
  await slow.until(({ seq }) => seq === total);
  const seqs = slow.messages.flatMap(({ seq }) => (typeof seq === 'number' ? [seq] : []));
  expect(seqs).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  server.fake.say(id, 'live');
  await slow.until(({ seq }) => seq === total + 1);
});
