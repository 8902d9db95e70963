/** Many mentions at once on Slack: none is lost, none overtakes another, and a full queue says so. */
import { afterEach, expect, it } from 'vitest';
import { QUEUE_LIMIT } from '../../src/core/model/session.ts';
import { expectFinals, expectInOrder, STORM, stormText } from '../contracts/storm.ts';
import type { FakeTurn } from '../harness/fake-agent.ts';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import { openSlack, type SlackBench } from './bench.ts';

const CHANNELS = 20;
let bench: SlackBench;
afterEach(() => bench.close());

const until = (done: () => boolean, within: number, step = 250): Promise<void> =>
  bench.clock.until(
    async () => {
      await bench.quiet();
      return done();
    },
    within,
    step,
  );

it('a thousand mentions at once over a hundred threads all end, each thread in its order', async () => {
  // Over HTTP Slack posts side by side, so only a socket says which came first.
  bench = await openSlack({ socket: true });
  const { slack, stores, ann, bob } = bench;
  const team = [ann, bob, slack.addPerson('Cleo')];
  const channels = Array.from({ length: CHANNELS }, (_, at) => slack.addChannel(`c${at}`, team));
  stores.agents.behave = async (turn) => {
    turn.say(`heard ${turn.text.split('\n').at(-1)}`);
    return 'end_turn';
  };
  const roots: SlackMessage[] = [];
  const said = bench.clock.now();
  for (let n = 0; n < STORM.each; n += 1) {
    for (let at = 0; at < STORM.threads; at += 1) {
      const person = team[(at + n) % team.length] ?? ann;
      const channel = channels[at % CHANNELS];
      if (channel === undefined) throw new Error('no channel');
      const thread = roots[at];
      const text = `@threadcast ${stormText(at, n)}`;
      const message = slack.people.say(person, channel, text, thread && { thread });
      if (thread === undefined) roots.push(message);
    }
  }
  await until(() => stores.agents.prompts.length >= STORM.threads * STORM.each, 300_000, 1_000);
  expectInOrder(stores.agents.prompts);
  // The reactions at their ends come after them, where calls are left over.
  const answers = () => stores.outbox.rows().filter(({ mirror }) => mirror === undefined);
  const isShown = (): boolean => answers().every(({ state }) => state === 'settled');
  await until(isShown, 25 * 60_000, 1_000);
  const seconds = Math.ceil((bench.clock.now() - said) / 1_000);
  for (const [at, root] of roots.entries()) {
    expectFinals(at, stores.agents.prompts, slack.answers(root).map(slack.read));
  }
  const throttled = slack.api.calls.filter(({ outcome }) => outcome === 'ratelimited').length;
  console.log(
    `1000 answers shown after ${seconds} s; ${throttled} of ${slack.api.calls.length} calls throttled`,
  );
  expect(throttled).toBeLessThan(slack.api.calls.length * 0.02);
  expect(stores.lines.filter(({ message }) => !message.startsWith('throttled'))).toEqual([]);
}, 180_000);

it('a full queue is said on the thread, and a later mention works again', async () => {
  bench = await openSlack();
  const { slack, stores, ann, bob, general } = bench;
  const turns: { readonly turn: FakeTurn; readonly end: () => void }[] = [];
  stores.agents.behave = async (turn) => {
    const go = Promise.withResolvers<void>();
    turns.push({ turn, end: go.resolve });
    await go.promise;
    return 'end_turn';
  };
  const root = slack.people.say(ann, general, '@threadcast number 0');
  await until(() => turns.length === 1, 5_000);
  const MORE = 3;
  for (let n = 1; n <= QUEUE_LIMIT + MORE; n += 1) {
    slack.people.say(n % 2 === 0 ? ann : bob, general, `@threadcast number ${n}`, { thread: root });
  }
  const shown = (): readonly string[] => slack.answers(root).map(slack.read);
  const full = (): number =>
    shown().filter((text) => text.includes('queue of this session is full')).length;
  await until(() => full() === MORE, 300_000, 1_000);
  await until(() => shown().length === 1 + QUEUE_LIMIT + MORE, 300_000, 1_000);
  const places = shown().flatMap((text) => / number (\d+) in line/.exec(text)?.[1] ?? []);
  expect(places.map(Number)).toEqual(Array.from({ length: QUEUE_LIMIT }, (_, at) => at + 1));
  expect([shown()[0], shown()[1], shown().at(-1)]).toMatchInlineSnapshot(`
    [
      "(📦 *Example* · preparing environment · 45 s)",
      "(🕓 *Example* · queued · number 1 in line)",
      "⚠️ The queue of this session is full. Wait for a turn to end, or clear it.",
    ]
  `);
  turns[0]?.end();
  await until(() => turns.length === 2, 5_000);
  slack.people.say(bob, general, '@threadcast one more', { thread: root });
  for (let at = 1; at <= QUEUE_LIMIT + 1; at += 1) {
    await until(() => turns.length > at, 60_000);
    turns[at]?.end();
  }
  expect(turns.at(-1)?.turn.text).toContain('one more');
  expect(full()).toBe(MORE);
}, 180_000);
