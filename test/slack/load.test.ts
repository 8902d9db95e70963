/**
 * A hundred live threads in one workspace, at Slack's own limits: every call takes 150 to 400 ms of
 * simulated time, and time passes only while the wire is quiet (harness/wire-time.ts).
 */
import { afterEach, expect, it } from 'vitest';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import { seededRandom, testSeed } from '../harness/seeded.ts';
import { latencyOf, percentile } from '../harness/wire-time.ts';
import { openSlack, type SlackBench } from './bench.ts';

let bench: SlackBench;
afterEach(async () => {
  bench.slack.api.fault = () => undefined;
  await bench.close();
});

const THREADS = 100;
const TURN_MS = 100_000;
const BURST_MS = 5_000;

interface Load {
  readonly channels: number;
  /** When all ask within five seconds, counted from the first mention; default 70 s. */
  readonly burstAt?: number;
  /** Whether each asks once before that as well; default true. */
  readonly alsoBefore?: boolean;
  /** From when Slack takes no calls of these methods for so long, counted from the first mention. */
  readonly narrow?: { readonly at: number; readonly ms: number; readonly method: RegExp };
}

/** All threads stream; each asks once at random and once in the burst. */
async function play({ channels: count, burstAt = 70_000, alsoBefore = true, narrow }: Load) {
  const seed = testSeed();
  const random = seededRandom(seed);
  bench = await openSlack();
  const { slack, stores, ann, clock, time } = bench;
  const from = clock.now();
  slack.api.fault = ({ method, args, at }) => {
    const since = at - from;
    if (narrow?.method.test(method) && since >= narrow.at && since < narrow.at + narrow.ms) {
      return {
        kind: 'throttle',
        retryAfterSeconds: Math.ceil((narrow.at + narrow.ms - since) / 1000),
      };
    }
    return { kind: 'delay', ms: latencyOf(seed, `${method} ${at} ${JSON.stringify(args)}`) };
  };
  const asked = new Map<string, { readonly at: number; readonly burst: boolean }>();
  stores.agents.behave = async (turn) => {
    const wait = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        clock.after(ms, resolve);
      });
    const ask = (burst: boolean): void => {
      const title = `Write ${burst ? 'burst' : 'random'} ${turn.text}`;
      asked.set(title, { at: clock.now(), burst });
      void turn.ask(title, title);
    };
    if (alsoBefore)
      clock.after(from + 20_000 + Math.floor(random() * 40_000) - clock.now(), () => ask(false));
    clock.after(from + burstAt + Math.floor(random() * BURST_MS) - clock.now(), () => ask(true));
    while (clock.now() - from < burstAt + 30_000) {
      turn.say('Some more words. ');
      await wait(2_000);
    }
    return 'end_turn';
  };
  const channels = Array.from({ length: count }, (_, at) => slack.addChannel(`c${at}`, [ann]));
  const roots: SlackMessage[] = [];
  for (let at = 0; at < THREADS; at += 1) {
    const channel = channels[at % count];
    if (channel === undefined) throw new Error('no channel');
    roots.push(slack.people.say(ann, channel, `@threadcast thread ${at}`));
    await time.pass(100);
  }
  await time.pass(burstAt + 20_000);
  const ends = (): number =>
    roots.filter((root) => slack.answers(root).some((each) => slack.read(each).includes('done')))
      .length;
  await time.until(() => ends() === THREADS, 15 * 60_000);
  const waits = (burst: boolean): readonly number[] => {
    const cards = roots.flatMap((root) => slack.answers(root));
    return [...asked].flatMap(([title, one]) => {
      if (one.burst !== burst) return [];
      const card = cards.find(({ history }) => history[0]?.text.includes(`${title}`));
      return [(card?.history[0]?.at ?? Infinity) - one.at];
    });
  };
  const calls = slack.api.calls.length;
  const throttled = slack.api.calls.filter(({ outcome }) => outcome === 'ratelimited').length;
  const perTurn =
    (slack.count('chat.postMessage', 'ok') + slack.count('chat.update', 'ok')) / THREADS;
  const result = { random: waits(false), burst: waits(true), throttled, calls, perTurn, seed };
  const p95 = (values: readonly number[]): string =>
    values.length === 0
      ? 'nobody'
      : `p50 ${percentile(values, 0.5)} p95 ${percentile(values, 0.95)} worst ${Math.max(...values)} ms`;
  console.log(
    `seed ${seed}, ${THREADS} threads in ${count} channels: at random ${p95(result.random)}; all within 5 s ${p95(result.burst)}; ${throttled} of ${calls} calls throttled; ${perTurn.toFixed(1)} posts and edits a turn, an editor of each second ${TURN_MS / 1_000}; the last end after ${Math.round((clock.now() - from - burstAt) / 1_000) - 30} s`,
  );
  return result;
}

it('in twenty channels a request is seen within three seconds, also when all ask at once', async () => {
  const { random, burst, throttled, calls, perTurn } = await play({ channels: 20 });
  expect(random).toHaveLength(THREADS);
  expect(burst).toHaveLength(THREADS);
  expect(percentile(random, 0.95)).toBeLessThanOrEqual(3_000);
  expect(percentile(burst, 0.95)).toBeLessThanOrEqual(3_000);
  expect(throttled).toBeLessThan(calls * 0.02);
  expect(perTurn).toBeLessThanOrEqual(TURN_MS / 2_000);
}, 180_000);

it('in one channel, which takes one message a second, a hundred requests take a hundred seconds', async () => {
  // Asked once the first messages of all threads stand there: they are posts like these.
  const { burst, throttled, calls } = await play({
    channels: 1,
    burstAt: 120_000,
    alsoBefore: false,
  });
  const waits = burst.toSorted((a, b) => a - b);
  expect(waits).toHaveLength(THREADS);
  expect(waits[2]).toBeLessThanOrEqual(3_000);
  // No app can do better: nothing else may be posted before them.
  expect(Math.max(...waits)).toBeLessThanOrEqual(THREADS * 1_000);
  expect(throttled).toBeLessThan(calls * 0.02);
}, 180_000);

it('with no edits taken for half a minute, requests are seen in time all the same', async () => {
  const narrow = { at: 50_000, ms: 30_000, method: /^chat\.update$/ };
  const { random, burst, throttled, calls, perTurn } = await play({ channels: 20, narrow });
  expect(percentile(random, 0.95)).toBeLessThanOrEqual(3_000);
  expect(percentile(burst, 0.95)).toBeLessThanOrEqual(3_000);
  expect(throttled).toBeLessThan(calls * 0.02);
  expect(perTurn).toBeLessThanOrEqual(TURN_MS / 2_000);
}, 180_000);

it('with no posts taken for half a minute, requests are seen soon after it', async () => {
  const narrow = { at: 50_000, ms: 30_000, method: /^chat\.postMessage$/ };
  const { burst, throttled, calls } = await play({ channels: 20, narrow });
  // Each channel has a budget of its own, which learns of it by one refused call and is halved then.
  expect(throttled).toBeLessThan(calls * 0.05);
  const [untilTheEnd, perChannel] = [10_000, 2 * (THREADS / 20)];
  expect(Math.max(...burst)).toBeLessThanOrEqual(untilTheEnd + perChannel * 2_000 + 3_000);
}, 180_000);
