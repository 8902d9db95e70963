/** Socket Mode: connections end, are cut and lose acknowledgements; what people say is done once. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import { seededRandom, testSeed } from '../harness/seeded.ts';
import { openSlack, type SlackBench } from './bench.ts';

let bench: SlackBench;
beforeEach(async () => {
  bench = await openSlack({ socket: true });
});
afterEach(() => bench.close());

const isConnected = (): boolean => bench.slack.sockets.connections() === 1;

/** Reconnecting takes real time, and the time between attempts may be ours: both pass. */
async function reconnected(): Promise<void> {
  for (let at = 0; at < 1_000 && !isConnected(); at += 1) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 20);
    });
    await bench.clock.advance(20);
  }
  expect(bench.slack.sockets.connections()).toBe(1);
  await bench.quiet();
}

/** Slack sends what was not acknowledged after one and after five minutes. */
async function afterRetries(): Promise<void> {
  for (let at = 0; at < 7 * 60; at += 5) {
    await bench.clock.advance(5_000);
    await bench.quiet();
    if (!isConnected()) await reconnected();
  }
}

const DISTURBANCES = {
  'the connection is cut': ({ sockets }: SlackBench['slack']) => sockets.cut(),
  'Slack asks for another connection': ({ sockets }: SlackBench['slack']) =>
    sockets.disconnect('refresh_requested'),
  'Slack warns that it will end the connection': ({ sockets }: SlackBench['slack']) =>
    sockets.disconnect('warning'),
} as const;

it.each(Object.entries(DISTURBANCES))(
  '%s: what is said meanwhile is done, and once',
  async (_name, disturb) => {
    const { slack, ann, general, stores } = bench;
    disturb(slack);
    const before = slack.people.say(ann, general, '@threadcast while it is gone');
    await reconnected();
    const after = slack.people.say(ann, general, '@threadcast afterwards');
    await afterRetries();
    expect(stores.agents.prompts.toSorted()).toEqual(['afterwards', 'while it is gone']);
    for (const root of [before, after]) expect(slack.answers(root)).toHaveLength(1);
    expect(slack.courier.deliveries.map(({ state }) => state)).not.toContain('lost');
  },
);

it('an acknowledgement that is lost with its connection doubles nothing', async () => {
  const { slack, ann, general, stores } = bench;
  const accept = stores.deliveries.accept.bind(stores.deliveries);
  let cuts = 0;
  // Stored, and gone before it can be acknowledged.
  stores.deliveries.accept = async (delivery) => {
    const outcome = await accept(delivery);
    if (delivery.event === 'app_mention' && cuts === 0) {
      cuts += 1;
      slack.sockets.cut();
    }
    return outcome;
  };
  const root = slack.people.say(ann, general, '@threadcast once only');
  await reconnected();
  await afterRetries();
  expect(cuts).toBe(1);
  expect(slack.courier.deliveries.some(({ attempts }) => attempts.length > 1)).toBe(true);
  expect(slack.courier.deliveries.map(({ state }) => state)).not.toContain('lost');
  expect(stores.agents.prompts).toEqual(['once only']);
  expect(slack.answers(root)).toHaveLength(1);
});

it('twenty mentions while connections come and go: each is done, each once', async () => {
  const seed = testSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const { slack, ann, bob, general, stores } = bench;
  const disturbances = Object.values(DISTURBANCES);
  const roots: SlackMessage[] = [];
  for (let at = 0; at < 20; at += 1) {
    roots.push(slack.people.say(at % 2 === 0 ? ann : bob, general, `@threadcast number ${at}.`));
    // Now and then at once, or while it is being worked on; the next ones come before it is mended.
    if (random() < 0.5) await bench.quiet();
    if (at % 10 === 3) disturbances[Math.floor(random() * disturbances.length)]?.(slack);
    if (at % 10 === 6) await reconnected();
    await bench.clock.advance(500);
  }
  await reconnected();
  await afterRetries();
  expect(slack.courier.deliveries.filter(({ state }) => state === 'lost')).toEqual([]);
  expect(stores.agents.prompts.toSorted()).toEqual(
    roots.map((_root, at) => `number ${at}.`).toSorted(),
  );
  for (const root of roots) expect(slack.answers(root)).toHaveLength(1);
});
