/**
 * SIGKILL at random points of running turns. After each: nothing accepted is lost, nothing is
 * doubled, the log has no gap; and at the very end everything has come to an end.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { readFacts } from '../harness/invariants.ts';
import { seededRandom, testSeed } from '../harness/seeded.ts';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import type { WebClient } from '../harness/web-client.ts';
import { logIn, webClient } from '../harness/web-client.ts';

const KILLS = 50;
/** Longest life after the first accepted message, ms: every phase of a turn is met within it. */
const LIFE_MS = 350;
/** Between two rounds of what people and programs do. */
const PAUSE_MS = 40;
const WORDS = ['hello', 'plan', 'ask', 'ask', 'long', 'chunks 3000', 'think', 'fail', 'crash'];

const directory = await temporaryDirectory();
afterAll(() => directory.remove());

const seed = testSeed();
const random = seededRandom(seed);
const pick = <T>(list: readonly T[]): T => {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
};

const env = { LOG_LEVEL: 'warn', EXAMPLE_DELAY_MS: '2' };
const accepted = new Set<string>();
const delivered = new Set<string>();
const threads: string[] = [];
const sessions: string[] = [];
let cookie = '';

/** What people and programs do while the server lives; whatever fails was not accepted. */
async function busy(server: ServerProcess): Promise<void> {
  const web = webClient(server.url, cookie);
  const tries: Promise<unknown>[] = [];
  for (let n = 0; n < 2; n += 1) {
    tries.push(write(web, threads.length < 4 || random() < 0.1 ? undefined : pick(threads)));
  }
  const session = sessions.length < 3 ? undefined : pick(sessions.slice(-3));
  tries.push(prompt(server, session, pick(WORDS)));
  tries.push(answerAll(server));
  await Promise.allSettled(tries);
}

async function write(web: WebClient, known: string | undefined): Promise<void> {
  const id = randomUUID();
  const text = pick(WORDS);
  const thread = known ?? (await web.openThread(text, id));
  if (known === undefined) threads.push(thread);
  else await web.post(thread, text, id);
  delivered.add(`${thread}:${id}`);
}

async function prompt(server: ServerProcess, session: string | undefined, text: string) {
  let id = session;
  if (id === undefined) {
    ({ id } = await server.api<{ id: string }>('POST', '/sessions', {
      agentTemplateId: 'example',
    }));
    sessions.push(id);
  }
  const route = `/sessions/${id}/prompts`;
  const { promptId } = await server.api<{ promptId: string }>('POST', route, { text });
  accepted.add(promptId);
}

interface Pending {
  readonly requestId: string;
  readonly sessionId: string;
  readonly options: readonly { readonly optionId: string }[];
}

async function answerAll(server: ServerProcess): Promise<void> {
  const { data } = await server.api<{ data: Pending[] }>('GET', '/permissions?state=pending');
  for (const { requestId, sessionId, options } of data) {
    const route = `/sessions/${sessionId}/permissions/${requestId}`;
    await server.api('POST', route, { optionId: pick(options).optionId });
  }
}

describe('a server that is killed again and again', () => {
  it(
    `loses and doubles nothing (${KILLS} kills, TEST_SEED=${seed})`,
    { timeout: 240_000 },
    async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const server = await startServerProcess({ dataDir: directory.path, env });
        if (cookie === '') cookie = await logIn(server.loginUrl);
        await killInTheMiddle(server, random() * LIFE_MS);
        const { broken, promptStates, deliveries } = readFacts(directory.path);
        expect(broken, `after kill ${kill + 1}`).toEqual([]);
        const lost = [
          ...[...accepted].filter((id) => !promptStates.has(id)),
          ...[...delivered].filter((id) => !deliveries.has(id)),
        ];
        expect(lost, `after kill ${kill + 1}`).toEqual([]);
      }
      await comesToRest();
    },
  );

  async function killInTheMiddle(server: ServerProcess, life: number): Promise<void> {
    await prompt(server, random() < 0.15 ? undefined : sessions.at(-1), pick(WORDS));
    let alive = true;
    const work = (async () => {
      while (alive) {
        await busy(server);
        await pause(PAUSE_MS);
      }
    })();
    await pause(life);
    await server.kill();
    alive = false;
    await work;
  }

  async function comesToRest(): Promise<void> {
    const server = await startServerProcess({ dataDir: directory.path, env });
    await eventually(async () => {
      await answerAll(server);
      const { data } = await server.api<{ data: { state: string }[] }>(
        'GET',
        '/sessions?limit=200',
      );
      return data.every(({ state }) => state === 'idle' || state === 'failed') || undefined;
    }, 120_000);
    expect(await server.stop()).toBe(0);
    const facts = readFacts(directory.path);
    expect(facts.broken).toEqual([]);
    expect(
      [...facts.promptStates.values()].filter((s) => s === 'queued' || s === 'running'),
    ).toEqual([]);
    expect(facts).toMatchObject({ pendingPermissions: 0, pendingInbox: 0, unsettled: 0 });
    expect(accepted.size).toBeGreaterThanOrEqual(KILLS);
    expect([...facts.promptStates.values()]).toContain('interrupted');
  }
});
