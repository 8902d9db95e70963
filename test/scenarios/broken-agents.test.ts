/** Agents that break the rules: a person reads why in a sentence, and nobody else notices. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import type { WebClient } from '../harness/web-client.ts';
import { logIn, webClient } from '../harness/web-client.ts';
import {
  logged,
  pendingPermission,
  prompt,
  readLog,
  sessionOfThread,
  turnEnded,
} from './program.ts';
import { messageWith, threadText } from './thread-text.ts';

const ODD = fileURLToPath(new URL('agents/odd.ts', import.meta.url));
/** What it floods us with in the same time is more than this. */
const MEMORY_LIMIT_KB = 512 * 1024;

const directory = await temporaryDirectory();
let server: ServerProcess;
let web: WebClient;
/** A session of somebody else, at work all the time. */
let neighbour: string;

beforeAll(async () => {
  server = await startServerProcess({ dataDir: directory.path });
  web = webClient(server.url, await logIn(server.loginUrl));
  const spawn = { command: process.execPath, args: [ODD, 'steady'] };
  ({ id: neighbour } = await server.api<{ id: string }>('POST', '/sessions', { spawn }));
  await prompt(server, neighbour, 'go on');
});
afterAll(async () => {
  // Not killed: some agents here would outlive that.
  await server?.stop();
  await directory.remove();
}, 30_000);

interface Conversation {
  readonly threadId: string;
  readonly sessionId: string;
}

/** A person starts a thread with an agent that behaves as `word` says. */
async function talkTo(word: string): Promise<Conversation> {
  const spawn = { command: process.execPath, args: [ODD, word] };
  await server.api('POST', '/agent-templates', { id: `odd-${word}`, name: `Odd (${word})`, spawn });
  const threadId = await web.openThread(`agent=odd-${word} please work`);
  return { threadId, sessionId: await sessionOfThread(server, threadId) };
}

/** The turn's message once it reads like this. */
const turn = ({ threadId }: Conversation, text: string | RegExp, withinMs?: number) =>
  messageWith(web, threadId, text, withinMs);

async function residentKb(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
}

describe.concurrent('an agent that', () => {
  it('prints garbage is heard all the same', async ({ expect }) => {
    const talk = await talkTo('garbage');
    expect(await turn(talk, 'done')).toMatchInlineSnapshot(`
      "Odd (garbage) done <duration> <time> UTC
      In between the garbage I work."
    `);
    const log = await readLog(server, talk.sessionId);
    expect(log.filter(({ type }) => type === 'log').length).toBeLessThan(200);
  }, 30_000);

  it('exits at its start is reported with its last words', async ({ expect }) => {
    const talk = await talkTo('exit-at-start');
    expect(await turn(talk, 'failed')).toMatchInlineSnapshot(`
      "Odd (exit-at-start) failed <duration> <time> UTC
      The agent exited with code 7 before it answered initialize. odd: I cannot find my configuration
      [Retry]"
    `);
  }, 30_000);

  it('exits in the middle of a turn is reported with what it had said, and started again by Retry', async ({
    expect,
  }) => {
    const talk = await talkTo('exit-mid-turn');
    expect(await turn(talk, 'failed')).toMatchInlineSnapshot(`
      "Odd (exit-mid-turn) failed <duration> <time> UTC
      I begin, and then
      The agent exited with code 9 in the middle of a turn. odd: out of memory, or so I say
      [Retry]"
    `);
    await web.post(talk.threadId, '/retry');
    await eventually(async () => {
      const turns = await threadText(web, talk.threadId);
      return turns.filter((text) => text.includes('failed')).length === 2 || undefined;
    });
  }, 30_000);

  for (const word of ['hang-initialize', 'only-garbage']) {
    it(`never answers the handshake (${word}) is stopped by a person`, async ({ expect }) => {
      const talk = await talkTo(word);
      await turn(talk, 'preparing environment');
      await web.post(talk.threadId, '/stop');
      expect(await turn(talk, 'stopped')).toContain('[Retry]');
    }, 30_000);
  }

  it('ignores a cancel is ended when its time is up, and the next prompt runs', async ({
    expect,
  }) => {
    const talk = await talkTo('hang-turn');
    await turn(talk, 'You will wait for long.');
    await web.post(talk.threadId, '/stop');
    expect(await turn(talk, 'stopped', 25_000)).toMatchInlineSnapshot(`
      "Odd (hang-turn) stopped <duration> <time> UTC
      You will wait for long.
      [Retry]"
    `);
    await web.post(talk.threadId, 'once more');
    await eventually(async () => {
      const texts = await threadText(web, talk.threadId);
      return texts.at(-1)?.includes('You will wait for long.') || undefined;
    });
  }, 60_000);

  it('sends a line of more than 32 MiB loses that line alone, and the log says so', async ({
    expect,
  }) => {
    const talk = await talkTo('long-line');
    await turn(talk, 'That was a long line.');
    const { data } = await logged(
      server,
      talk.sessionId,
      ({ type, data: { message } }) => type === 'log' && String(message).includes('skipped'),
    );
    expect(data['message']).toMatchInlineSnapshot(
      `"A message of the agent was skipped: 33554589 bytes are more than the 32 MiB of ACP."`,
    );
  }, 30_000);

  it('offers nothing to choose from is shown with the way out', async ({ expect }) => {
    const talk = await talkTo('no-options');
    expect(await turn(talk, 'asks for permission')).toMatchInlineSnapshot(`
      "Odd (no-options) asks for permission
      <code>
      Nothing to choose
      The agent offers no answer to choose from. Stop the turn to go on.
      other · asked for by You · expires ⏱ at <time> UTC · or type /approve <code> or /deny <code>"
    `);
    await web.post(talk.threadId, '/stop');
    expect(await turn(talk, 'Closed')).toMatchInlineSnapshot(
      `"Closed unanswered: the turn was stopped · <time> UTC Nothing to choose"`,
    );
    await turn(talk, '{"outcome":"cancelled"}');
  }, 30_000);

  it('offers odd options gets the one that was pressed, and nothing of it is markup', async ({
    expect,
  }) => {
    const talk = await talkTo('odd-options');
    const { requestId, options } = await pendingPermission(server, talk.sessionId);
    const card = await turn(talk, 'asks for permission');
    expect(card.replace(/n{100,}/, 'n…')).toMatchInlineSnapshot(`
      "Odd (odd-options) asks for permission
      <code>
      The agent does not say what it wants to do.
      [<b>First</b>]  [right⟨U+202E⟩tfel]  [n…]  [nameless]
      other · asked for by You · expires ⏱ at <time> UTC · or type /approve <code> or /deny <code>"
    `);
    expect(await web.page(talk.threadId)).not.toContain('<b>First</b>');
    expect(options.map(({ optionId, kind }) => [optionId, kind])).toMatchInlineSnapshot(`
      [
        [
          "twice",
          "allow_once",
        ],
        [
          "unheard",
          "allow_sometimes",
        ],
        [
          "long",
          "allow_always",
        ],
        [
          "nameless",
          "reject_always",
        ],
      ]
    `);
    const route = `/sessions/${talk.sessionId}/permissions/${requestId}`;
    await expect(server.api('POST', route, { optionId: 'never offered' })).rejects.toThrow(/422/);
    await server.api('POST', route, { optionId: 'unheard' });
    await turn(talk, '"optionId":"unheard"');
  }, 30_000);

  it('floods without end costs bounded memory, and can be stopped', async ({ expect }) => {
    const talk = await talkTo('flood');
    let most = 0;
    const end = Date.now() + 3_000;
    await eventually(async () => {
      most = Math.max(most, await residentKb());
      return Date.now() > end || undefined;
    });
    await web.post(talk.threadId, '/stop');
    await turn(talk, 'stopped', 40_000);
    expect(most).toBeLessThan(MEMORY_LIMIT_KB);
  }, 60_000);
});

it('an agent whose command does not exist is reported with the command', async () => {
  const spawn = { command: 'no-such-agent', args: [] };
  const { id } = await server.api<{ id: string }>('POST', '/sessions', { spawn });
  const { promptId } = await prompt(server, id, 'hello');
  const { data } = await turnEnded(server, id, promptId);
  expect(data['stopReason']).toBe('failed');
  expect(data['error']).toMatchInlineSnapshot(
    `"The agent's command "no-such-agent" was not found. Install it, or correct the command in its template."`,
  );
}, 30_000);

it('none of them disturbed the session beside them: it goes on as before', async () => {
  const before = await readLog(server, neighbour);
  await logged(
    server,
    neighbour,
    ({ type, seq }) => type === 'update' && seq > (before.at(-1)?.seq ?? 0),
  );
  expect(before.filter(({ type }) => type === 'turn.ended' || type === 'log')).toEqual([]);
  const text = before
    .flatMap(({ type, data }) => (type === 'update' ? [data['update']] : []))
    .map((update) => (update as { content: { text: string } }).content.text)
    .join('');
  const count = text.trim().split(' ').length;
  expect(text.trim()).toBe(Array.from({ length: count }, (_, n) => `${n + 1}`).join(' '));
});
