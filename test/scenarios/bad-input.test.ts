/** What people and programs should not send: a clear error, or taken as it is; nobody else notices. */
import { createHash, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import type { WebClient } from '../harness/web-client.ts';
import { logIn, webClient } from '../harness/web-client.ts';
import { createSession, logged, openSocket, prompt, readLog, sessionOfThread } from './program.ts';
import type { ProgramSocket } from './program.ts';
import { messageWith, threadText } from './thread-text.ts';

const MEGABYTE = 1_000_000;
/** Characters that have tripped parsers, databases and terminals. */
const ODD_TEXT =
  'hello \u0000 NUL, \uD800 half a pair, \u{1F469}\u200D\u{1F680} a whole one, \u202E turned, \u001b[31m red, \uFEFF end';

const ODD = fileURLToPath(new URL('agents/odd.ts', import.meta.url));

const directory = await temporaryDirectory();
let server: ServerProcess;
let cookie: string;
let web: WebClient;
let neighbour: { readonly id: string };
let listening: ProgramSocket;

beforeAll(async () => {
  server = await startServerProcess({ dataDir: directory.path });
  cookie = await logIn(server.loginUrl);
  web = webClient(server.url, cookie);
  // Somebody else, at work and watched all the time.
  const spawn = { command: process.execPath, args: [ODD, 'steady'] };
  const { id } = await server.api<{ id: string }>('POST', '/sessions', { spawn });
  listening = await openSocket(server, `/ws/sessions/${id}`);
  await prompt(server, id, 'go on');
  neighbour = { id };
});
afterAll(async () => {
  await server?.kill();
  await directory.remove();
});

const fingerprint = (text: string): string =>
  createHash('sha256').update(JSON.stringify(text)).digest('hex');

/** A session whose agent answers with the fingerprint of what it was told. */
const createListener = (): Promise<{ readonly id: string }> =>
  server.api('POST', '/sessions', {
    spawn: { command: process.execPath, args: [ODD, 'fingerprint'] },
  });

const ask = (id: string, text: string): Promise<{ readonly text: string }> =>
  server.api('POST', `/sessions/${id}/prompts?wait=true`, { text });

describe('a message on the page', () => {
  it('with an unknown command gets one short answer, not silence and no turn', async () => {
    const threadId = await web.openThread('hello');
    await messageWith(web, threadId, 'done');
    await web.post(threadId, '/frobnicate now');
    await messageWith(web, threadId, 'no command');
    await web.post(threadId, '/stpo');
    await messageWith(web, threadId, 'Did you mean');
    const texts = await threadText(web, threadId);
    expect(texts.slice(2)).toMatchInlineSnapshot(`
      [
        "You · <time> UTC
      /frobnicate now",
        "There is no command /frobnicate. help lists what you can do.",
        "You · <time> UTC
      /stpo",
        "There is no command /stpo. Did you mean stop? help lists what you can do.",
      ]
    `);
    const id = await sessionOfThread(server, threadId);
    const queued = (await readLog(server, id)).filter(({ type }) => type === 'prompt.queued');
    expect(queued).toHaveLength(1);
  });

  it('with odd characters reaches the agent, and the page shows what is hidden in it', async () => {
    // A form carries no lone surrogate, and the page drops NUL.
    const text = ODD_TEXT.toWellFormed();
    const threadId = await web.openThread(text);
    await messageWith(web, threadId, 'done');
    const id = await sessionOfThread(server, threadId);
    const queued = (await readLog(server, id)).find(({ type }) => type === 'prompt.queued');
    expect(queued?.data['text']).toBe(text.replace('\0', ''));
    const [written] = await threadText(web, threadId);
    expect(written).toMatchInlineSnapshot(`
      "You · <time> UTC
      hello NUL, � half a pair, 👩‍🚀 a whole one, ⟨U+202E⟩ turned, [31m red, end"
    `);
  });

  it('of bytes that are no text is shown as what is left of it', async () => {
    const response = await fetch(`${server.url}/web/threads`, {
      method: 'POST',
      headers: {
        Origin: server.url,
        Cookie: cookie,
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: `id=${randomUUID()}&text=%FF%FE%80hello%C3`,
    });
    expect(response.status).toBe(200);
    const { location } = (await response.json()) as { location: string };
    await messageWith(web, location.split('/').at(-1) ?? '', 'done');
  });

  it('of a megabyte is refused with a sentence that says how much fits', async () => {
    const sent = web.openThread('x'.repeat(MEGABYTE));
    await expect(sent).rejects.toThrow(
      /413 .*The message is too long: at most 200,000 characters fit\./,
    );
  });

  it('as long as it may be is run whole', async () => {
    const spawn = { command: process.execPath, args: [ODD, 'fingerprint'] };
    await server.api('POST', '/agent-templates', { id: 'listener', name: 'Listener', spawn });
    const words = 'word '.repeat(39_990).trim();
    const threadId = await web.openThread(`agent=listener ${words}`);
    await messageWith(web, threadId, fingerprint(words));
  });
});

/** Raw, for what JSON.stringify would not write. */
async function postRaw(path: string, body: string | Buffer) {
  const response = await fetch(`${server.url}/api${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  const { error, code } = (await response.json()) as { error?: string; code?: string };
  return { status: response.status, code, error };
}

describe('a request', () => {
  it('with odd characters is taken and given back as it is', async () => {
    const { id } = await createListener();
    expect((await ask(id, ODD_TEXT)).text).toBe(fingerprint(ODD_TEXT));
    const queued = await logged(server, id, ({ type }) => type === 'prompt.queued');
    expect(queued.data['text']).toBe(ODD_TEXT);
  });

  it('of a megabyte is taken whole, and of three refused', async () => {
    const { id } = await createListener();
    const text = `${'y'.repeat(MEGABYTE)} end`;
    expect((await ask(id, text)).text).toBe(fingerprint(text));
    // The log has no more of it than a reader of the log wants.
    const queued = await logged(server, id, ({ type }) => type === 'prompt.queued');
    expect(String(queued.data['text']).length).toBeLessThan(text.length);
    const refused = prompt(server, id, 'z'.repeat(3 * MEGABYTE));
    await expect(refused).rejects.toThrow(/413 .*A body may have 2097152 bytes at most/);
  });

  it('that is no JSON, or not what the route takes, is told what is wrong with it', async () => {
    const { id } = await createSession(server);
    const path = `/sessions/${id}/prompts`;
    expect(await postRaw(path, Buffer.from([0xff, 0xfe, 0x00, 0x80]))).toMatchInlineSnapshot(`
      {
        "code": "invalid",
        "error": "The body is not valid JSON.",
        "status": 400,
      }
    `);
    expect(await postRaw(path, '{"text":')).toMatchObject({ status: 400, code: 'invalid' });
    expect(await postRaw(path, '{"text":"   "}')).toMatchInlineSnapshot(`
      {
        "code": "invalid",
        "error": "The body is not valid at "text": the text is empty.",
        "status": 400,
      }
    `);
    expect(await postRaw(path, '{"text":"hello","shout":true}')).toMatchInlineSnapshot(`
      {
        "code": "invalid",
        "error": "Unknown field "shout" in the body.",
        "status": 400,
      }
    `);
    expect(await postRaw(path, '{"prompt":[{"type":"smell","text":"x"}]}')).toMatchInlineSnapshot(`
      {
        "code": "invalid",
        "error": "The body is not valid at "prompt.0.type": Invalid discriminator value. Expected 'text' | 'resource_link' | 'image' | 'audio' | 'resource'.",
        "status": 400,
      }
    `);
    expect(await postRaw('/sessions/%00%FF/prompts', '{"text":"x"}')).toMatchObject({
      status: 400,
    });
    const log = await readLog(server, id);
    expect(log.filter(({ type }) => type === 'prompt.queued')).toEqual([]);
  });
});

describe('a message by WebSocket', () => {
  it('that cannot be read is answered with an error, and the socket stays good', async () => {
    const { id } = await createListener();
    const socket = await openSocket(server, '/ws');
    const errors = () => socket.messages.filter(({ type }) => type === 'error');
    socket.sendRaw(Buffer.from([0, 255, 128]));
    socket.sendRaw('{"action":');
    socket.sendRaw('{"action":"dance"}');
    socket.send({ action: 'prompt', sessionId: id, text: '  ' });
    await eventually(async () => (errors().length === 4 ? true : undefined));
    expect(errors().map(({ code, message }) => `${code}: ${message}`)).toMatchInlineSnapshot(`
      [
        "invalid: Send text frames with JSON; this one was binary.",
        "invalid: The message is not valid JSON.",
        "invalid: There is no such action.",
        "invalid: The message is not valid at "text": is empty.",
      ]
    `);

    socket.send({ action: 'subscribe', channel: `session:${id}` });
    const text = ODD_TEXT + 'w'.repeat(MEGABYTE);
    socket.send({ action: 'prompt', sessionId: id, text });
    await socket.until(({ event }) => event?.type === 'turn.ended');
    expect(JSON.stringify(socket.messages)).toContain(fingerprint(text));
    socket.close();
  });

  it('of three megabytes closes its socket alone', async () => {
    const { id } = await createSession(server);
    const socket = await openSocket(server, `/ws/sessions/${id}`);
    socket.send({ action: 'prompt', text: 'w'.repeat(3 * MEGABYTE) });
    await eventually(async () => (socket.isOpen() ? undefined : true));
    expect(socket.closeCode()).toBe(1009);
    const log = await readLog(server, id);
    expect(log.filter(({ type }) => type === 'prompt.queued')).toEqual([]);
  });
});

it('through all of this, whoever worked beside it was not disturbed', async () => {
  const before = await readLog(server, neighbour.id);
  expect(before.filter(({ type }) => type === 'turn.ended')).toEqual([]);
  await server.api('DELETE', `/sessions/${neighbour.id}`);
  await logged(server, neighbour.id, ({ type }) => type === 'session.terminated');
  expect(listening.isOpen()).toBe(true);
  const end = (await readLog(server, neighbour.id)).length;
  await listening.until(({ seq }) => seq === end);
  const seqs = listening.messages.flatMap(({ seq }) => seq ?? []);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  const severe = server
    .output()
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"/.test(line));
  expect(severe).toEqual([]);
}, 40_000);
