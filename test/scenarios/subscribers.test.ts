/** Everybody who listens to a session hears the same, in order, and nobody waits for the slowest. */
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { createSession, openSocket, prompt, readLog, turnEnded } from './program.ts';
import type { Logged, ProgramSocket } from './program.ts';

const SOCKETS = 20;
const STREAMS = 5;

const directory = await temporaryDirectory();
let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess({ dataDir: directory.path });
});
afterAll(async () => {
  await server?.kill();
  await directory.remove();
});

interface Stream {
  readonly events: readonly Logged[];
  close(): void;
}

/** A client of server-sent events. */
async function openStream(id: string, after: number): Promise<Stream> {
  const events: Logged[] = [];
  const asked = request(`${server.url}/api/sessions/${id}/stream?after=${after}`, {
    headers: { Authorization: `Bearer ${server.token}`, Accept: 'text/event-stream' },
  });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  response.on('error', () => undefined);
  let rest = '';
  response.on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => splitOnce(line)));
      const seq = Number(fields.get('id'));
      const type = fields.get('event');
      if (type === undefined) continue;
      events.push({ seq, type, data: dataOf(fields.get('data') ?? '{}') });
    }
  });
  return { events, close: () => response.destroy() };
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf(': ');
  return [line.slice(0, at), line.slice(at + 2)];
}

function dataOf(json: string): Logged['data'] {
  const event = JSON.parse(json) as Logged['data'] & { readonly data?: Logged['data'] };
  return event.data ?? event;
}

/** What a socket saw of the session, in the form of the log. */
function seenBy(socket: ProgramSocket): readonly Logged[] {
  return socket.messages.flatMap(({ seq, event }) =>
    seq === undefined || event === undefined ? [] : [{ seq, type: event.type, data: event.data }],
  );
}

const ODD = fileURLToPath(new URL('agents/odd.ts', import.meta.url));

const textOf = (events: readonly Logged[]): string =>
  events
    .flatMap(({ type, data }) => (type === 'update' ? [data['update']] : []))
    .map((update) => (update as { content?: { text?: string } }).content?.text ?? '')
    .join('');

/** Thousands of small events that are not coalesced, with text between them. */
const createCounter = (): Promise<{ readonly id: string }> =>
  server.api('POST', '/sessions', { spawn: { command: process.execPath, args: [ODD, 'numbers'] } });

it.each([
  ['many small updates', createCounter, 'count', expectCount],
  ['a storm of text', () => createSession(server), 'chunks 20000', expectStorm],
])(
  'gives the same log of %s, in order and with the end last, to every subscriber',
  async (_, create, text, expectAll) => {
    const { id } = await create();
    const sockets: ProgramSocket[] = [];
    for (let n = 0; n < SOCKETS; n += 1) {
      const isSingle = n % 2 === 0;
      const socket = await openSocket(server, isSingle ? `/ws/sessions/${id}` : '/ws');
      if (!isSingle) socket.send({ action: 'subscribe', channel: `session:${id}`, since: 0 });
      sockets.push(socket);
    }
    const streams: Stream[] = [];
    for (let n = 0; n < STREAMS; n += 1) streams.push(await openStream(id, 0));
    const { promptId } = await prompt(server, id, text);
    // Joins in the middle of the turn, having read the beginning elsewhere.
    await sockets[0]?.until(({ event }) => event?.type === 'update');
    const late = await openSocket(server, '/ws');
    late.send({ action: 'subscribe', channel: `session:${id}`, since: 3 });

    const { seq: end } = await turnEnded(server, id, promptId);
    const log = (await readLog(server, id)).filter(({ seq }) => seq <= end);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
    expect(log.at(-1)?.type).toBe('turn.ended');
    expectAll(log);

    const upToEnd = (events: readonly Logged[]) => events.filter(({ seq }) => seq <= end);
    for (const socket of sockets) {
      await socket.until(({ seq }) => seq === end);
      expect(upToEnd(seenBy(socket))).toEqual(log);
    }
    for (const { events } of streams) {
      await eventually(async () => events.some(({ seq }) => seq === end) || undefined);
      expect(upToEnd(events).map(({ seq, type }) => ({ seq, type }))).toEqual(
        log.map(({ seq, type }) => ({ seq, type })),
      );
      expect(textOf(upToEnd(events))).toBe(textOf(log));
    }
    await late.until(({ seq }) => seq === end);
    expect(upToEnd(seenBy(late))).toEqual(log.slice(3));
    for (const socket of [...sockets, late]) socket.close();
    for (const stream of streams) stream.close();
  },
  60_000,
);

function expectStorm(log: readonly Logged[]): void {
  expect(textOf(log)).toBe('All work and no play. '.repeat(20_000));
}

/** The numbers of `agents/odd.ts`. */
function expectCount(log: readonly Logged[]): void {
  const titles = log.flatMap(({ data }) => {
    const update = data['update'] as { sessionUpdate?: string; title?: string } | undefined;
    return update?.sessionUpdate === 'tool_call_update' ? [update.title] : [];
  });
  expect(titles).toEqual(Array.from({ length: 4_000 }, (_, n) => `${n}`));
}

/** A client that asks for an upgrade and then reads nothing at all. */
function neverReading(path: string): Socket {
  const { port, host } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.pause();
  const head = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
    `Authorization: Bearer ${server.token}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** Reads what is left to read, up to the end of the connection. */
async function readOut(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.resume();
  await once(socket, 'close');
  return Buffer.concat(pieces);
}

it('closes a client that never reads with 4408, and lets nobody else wait for it', async () => {
  const { id } = await createSession(server);
  const deaf = neverReading(`/ws/sessions/${id}`);
  const other = await openSocket(server, `/ws/sessions/${id}`);
  // Three turns of 8.8 MB of text each, one after the other.
  const promptIds: string[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    promptIds.push((await prompt(server, id, 'chunks 400000')).promptId);
  }
  // By now it is closed, whatever the network holds for it; what it was told is kept for a while.
  let heard = 0;
  await other.until(({ event }) => {
    if (event?.type === 'update') heard += JSON.stringify(event.data).length;
    return heard > 20_000_000;
  }, 60_000);
  const received = await readOut(deaf);
  await other.until(
    ({ event }) => event?.type === 'turn.ended' && event.data['promptId'] === promptIds.at(-1),
    60_000,
  );
  const seqs = seenBy(other).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  expect(textOf(seenBy(other)).length).toBe(3 * 400_000 * 'All work and no play. '.length);

  expect(received.length).toBeLessThan(20 * 1024 * 1024);
  expect(received.includes('"code":"lagging"')).toBe(true);
  // The last frame: closed, with the code.
  expect(received.readUInt16BE(received.lastIndexOf('lagging') - 2)).toBe(4408);
  const lastSeq = Number(/"lastSeq":(\d+)/.exec(received.toString('utf8'))?.[1]);

  const back = await openSocket(server, `/ws/sessions/${id}?since=${lastSeq}`);
  await back.until(({ seq }) => seq === seqs.at(-1));
  expect(seenBy(back)[0]?.seq).toBe(lastSeq + 1);
  back.close();
  other.close();
}, 90_000);
