/** Ten thousand deliveries, most of them again: what people asked is done once, and in order. */
import { afterEach, expect, it } from 'vitest';
import { NO_RATE_LIMITS } from '../harness/fake-slack/limiter.ts';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import { seededRandom, testSeed } from '../harness/seeded.ts';
import { sign } from '../../src/slack/receive/signature.ts';
import { openSlack, type SlackBench } from './bench.ts';

let bench: SlackBench;
afterEach(() => bench.close());

const THREADS = 50;
const EACH = 10;
const COPIES = 10;

it('takes 10,000 repeated, reordered and concurrent deliveries for what they are', async () => {
  const seed = testSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  bench = await openSlack({ fake: { rates: NO_RATE_LIMITS } });
  const { slack, stores, clock, ann, general } = bench;
  slack.courier.fault = () => ({ kind: 'drop' });
  const roots: SlackMessage[] = [];
  for (let at = 0; at < THREADS; at += 1) {
    roots.push(slack.people.say(ann, general, `@threadcast ${at}.0`));
  }
  const rounds: unknown[][] = [slack.courier.deliveries.map(({ payload }) => payload)];
  for (let at = 1; at < EACH; at += 1) {
    const from = slack.courier.deliveries.length;
    roots.forEach((thread, index) => {
      slack.people.say(ann, general, `@threadcast ${index}.${at}`, { thread });
    });
    rounds.push(slack.courier.deliveries.slice(from).map(({ payload }) => payload));
  }
  const post = async (payload: unknown): Promise<number> => {
    const body = JSON.stringify(payload);
    const timestamp = String(Math.floor(clock.now() / 1000));
    const request = new Request('http://slack.test/slack/events', {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': sign(slack.signingSecret, timestamp, body),
      },
    });
    return (await bench.app()?.handle(request))?.status ?? 0;
  };
  let sent = 0;
  const statuses = new Set<number>();
  // Slack keeps the order of a thread roughly; its repetitions come whenever they like.
  const late: unknown[] = [];
  for (const round of rounds) {
    const copies = round.flatMap((payload) => Array.from({ length: COPIES }, () => payload));
    const now = [...round, ...copies.slice(round.length).filter(() => random() < 0.7)];
    late.push(...copies.slice(0, copies.length - now.length));
    for (const status of await Promise.all(now.map(post))) statuses.add(status);
    sent += now.length;
    await clock.advance(20);
    await bench.quiet();
  }
  late.sort(() => random() - 0.5);
  for (const status of await Promise.all(late.map(post))) statuses.add(status);
  sent += late.length;
  await clock.until(async () => {
    await bench.quiet();
    return stores.agents.prompts.length >= THREADS * EACH;
  });
  await bench.quiet();
  expect(sent).toBe(THREADS * EACH * 2 * COPIES);
  expect([...statuses]).toEqual([200]);
  const perThread = Map.groupBy(stores.agents.prompts, (text) => text.split('.')[0]);
  expect(perThread.size).toBe(THREADS);
  for (const texts of perThread.values()) {
    expect(texts.map((text) => Number(text.split('.')[1]))).toEqual([...Array(EACH).keys()]);
  }
}, 120_000);
