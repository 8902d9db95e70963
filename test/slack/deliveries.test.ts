/**
 * Slack tells a thing once, twice or late, and at several processes on one Postgres at once, while
 * its API is in trouble: each message has its effect once, in the order of its thread.
 */
import { afterEach, expect, it } from 'vitest';
import { createSlackApp } from '../../src/slack/app.ts';

import { sign } from '../../src/slack/receive/signature.ts';
import { startPostgres } from '../harness/databases.ts';
import { startFakeSlack, type FakeSlack } from '../harness/fake-slack/fake-slack.ts';
import { NO_RATE_LIMITS } from '../harness/fake-slack/limiter.ts';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import type { CallFault } from '../harness/fake-slack/web-api.ts';
import { seededRandom, testSeed } from '../harness/seeded.ts';
import { createFastClock, createPlayer, startStormProcess } from '../harness/storm-process.ts';
import { temporaryDirectory } from '../storage/open-test-storage.ts';
import { OPEN_ACCESS } from './bench.ts';

const FASTER = 20;
const THREADS = 10;
const ROUNDS = 5;
/** Of each delivery, besides the first one. */
const COPIES = 19;
const AT_ONCE = 32;

const postgres = await startPostgres();
const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function openProcess(
  slack: FakeSlack,
  clock: ReturnType<typeof createFastClock>,
  url: string,
) {
  const directory = temporaryDirectory();
  cleanUps.push(directory.remove);
  const process = await startStormProcess({
    clock,
    dataDir: directory.path,
    databaseUrl: url,
    mention: 'threadcast',
    makeApp: (deps) =>
      createSlackApp({
        ...deps,
        secretKey: new Uint8Array(32).fill(9),
        options: {
          botToken: slack.botToken,
          signingSecret: slack.signingSecret,
          apiUrl: slack.apiUrl,
          publicUrl: 'http://threadcast.test',
          access: OPEN_ACCESS,
        },
      }),
  });
  cleanUps.push(process.stop);
  return process;
}

/** Of a call, now and then; some failures come after the effect. */
const troubleOf = (random: () => number) => (): CallFault | undefined => {
  const dice = random();
  if (dice > 0.1) return undefined;
  const done = dice < 0.03;
  return dice < 0.06 ? { kind: 'reset', done } : { kind: 'status', status: 502, done };
};

it.skipIf(postgres === undefined)(
  `${THREADS * ROUNDS * 2 * (COPIES + 1)} deliveries at two processes on one Postgres have one effect each`,
  async () => {
    const seed = testSeed();
    console.log(`seed ${seed}`);
    const random = seededRandom(seed);
    const clock = createFastClock(FASTER);
    const slack = await startFakeSlack({ clock, rates: NO_RATE_LIMITS });
    cleanUps.push(() => slack.close());
    const ann = slack.addPerson('Ann');
    const general = slack.addChannel('general', [ann]);
    // The test is the one who delivers.
    slack.courier.fault = () => ({ kind: 'drop' });
    const url = (await postgres?.freshDatabase()) ?? '';
    const processes = [await openProcess(slack, clock, url), await openProcess(slack, clock, url)];
    const player = createPlayer(processes, clock);
    slack.api.fault = troubleOf(random);

    const post = async (payload: unknown): Promise<number> => {
      const body = JSON.stringify(payload);
      const timestamp = String(Math.floor(clock.now() / 1000));
      const request = new Request('http://threadcast.test/slack/events', {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'x-slack-request-timestamp': timestamp,
          'x-slack-signature': sign(slack.signingSecret, timestamp, body),
        },
      });
      const process = processes[Math.floor(random() * processes.length)];
      return (await process?.app.handle(request))?.status ?? 0;
    };
    const statuses = new Set<number>();
    const deliver = async (payloads: readonly unknown[]): Promise<void> => {
      const queue = [...payloads];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let one = queue.shift(); one !== undefined; one = queue.shift())
            statuses.add(await post(one));
        }),
      );
    };

    const roots: SlackMessage[] = [];
    const asked: string[] = [];
    const late: unknown[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const from = slack.courier.deliveries.length;
      for (let at = 0; at < THREADS; at += 1) {
        const text = `${at}.${round}`;
        asked.push(text);
        const thread = roots[at];
        const said = slack.people.say(ann, general, `@threadcast ${text}`, {
          ...(thread && { thread }),
        });
        if (thread === undefined) roots.push(said);
      }
      const told = slack.courier.deliveries.slice(from).map(({ payload }) => payload);
      const copies = told.flatMap((payload) => Array.from({ length: COPIES }, () => payload));
      const isNow = copies.map(() => random() < 0.7);
      late.push(...copies.filter((_, index) => isNow[index] !== true));
      await deliver([...told, ...copies.filter((_, index) => isNow[index])]);
      // Slack orders nothing between two requests; a person writes on after the first was taken.
      await quiet();
    }
    await deliver(late.toSorted(() => random() - 0.5));
    slack.api.fault = () => undefined;
    await quiet();

    expect([...statuses]).toEqual([200]);
    expect(await player.prompts()).toEqual(asked.map((text) => `done: ${text}`).toSorted());
    for (const [at, root] of roots.entries()) {
      const heard = slack
        .answers(root)
        .flatMap((answer) => /Heard: (\S+)/.exec(slack.read(answer))?.[1] ?? []);
      expect(heard).toEqual(Array.from({ length: ROUNDS }, (_, round) => `${at}.${round}`));
    }
    const errors = processes.flatMap(({ logger }) => logger.lines);
    expect(errors.filter(({ level }) => level === 'error')).toEqual([]);
    expect(slack.broken).toEqual([]);

    /** Plays agents until nothing has changed for a while. */
    async function quiet(): Promise<void> {
      let last = '';
      for (let still = 0; still < 20; still += 1) {
        const played = await player.play();
        await slack.quiet();
        const pending = await processes[0]?.storage.deliveries.pending('slack', 1);
        const now = `${slack.api.calls.length} ${pending?.length}`;
        if (played > 0 || now !== last || pending?.length !== 0) still = 0;
        last = now;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  },
  120_000,
);
