/** A hundred live threads in one workspace, at Slack's own limits, by a simulated clock. */
import { afterEach, expect, it } from 'vitest';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import { openSlack, type SlackBench } from './bench.ts';

let bench: SlackBench;
afterEach(() => bench.close());

const THREADS = 100;
const CHANNELS = 20;
const TURN_MS = 60_000;

it('shows permission requests within three seconds and every end, without a storm of 429', async () => {
  bench = await openSlack();
  const { slack, stores, ann, clock } = bench;
  const askedAt = new Map<string, number>();
  stores.agents.behave = async (turn) => {
    const endsAt = clock.now() + TURN_MS;
    const asksAt = clock.now() + 20_000 + (turn.text.length % 7) * 3_000 + askedAt.size * 100;
    let hasAsked = false;
    while (clock.now() < endsAt) {
      turn.say('Some more words. ');
      await new Promise<void>((resolve) => {
        clock.after(1_000, resolve);
      });
      if (!hasAsked && clock.now() >= asksAt) {
        hasAsked = true;
        askedAt.set(turn.text, clock.now());
        void turn.ask(`Write ${turn.text}`);
      }
    }
    return 'end_turn';
  };
  const channels = Array.from({ length: CHANNELS }, (_, at) => slack.addChannel(`c${at}`, [ann]));
  const roots: SlackMessage[] = [];
  const step = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 500) {
      await clock.advance(500);
      await bench.quiet();
    }
  };
  for (let at = 0; at < THREADS; at += 1) {
    const channel = channels[at % CHANNELS];
    if (channel === undefined) throw new Error('no channel');
    roots.push(slack.people.say(ann, channel, `@threadcast thread ${at}`));
    if (at % 10 === 9) await step(1_000);
  }
  await step(TURN_MS + 360_000);
  const delays: number[] = [];
  let ended = 0;
  for (const root of roots) {
    const answers = slack.answers(root);
    if (answers.some((each) => slack.read(each).includes('done'))) ended += 1;
    const card = answers.find((each) => each.history[0]?.text.includes('✋'));
    const asked = askedAt.get(root.text.replace(/^<@\w+> /, ''));
    if (card !== undefined && asked !== undefined) delays.push((card.history[0]?.at ?? 0) - asked);
  }
  const unclear = roots.filter(
    ({ channel, ts, reactions }) =>
      slack.statuses.of(channel, ts) !== 'active' || !reactions.has('white_check_mark'),
  );
  expect(unclear).toEqual([]);
  delays.sort((a, b) => a - b);
  const p95 = delays[Math.floor(delays.length * 0.95)] ?? Infinity;
  const throttled = slack.api.calls.filter(({ outcome }) => outcome === 'ratelimited').length;
  const perTurn =
    (slack.count('chat.postMessage', 'ok') + slack.count('chat.update', 'ok')) / THREADS;
  console.log(
    `${THREADS} threads: permission p95 ${p95} ms, ${throttled} throttled of ${slack.api.calls.length} calls, ${perTurn.toFixed(1)} posts and edits a turn; an editor of each second: ${TURN_MS / 1000}`,
  );
  expect(ended).toBe(THREADS);
  expect(delays).toHaveLength(THREADS);
  expect(p95).toBeLessThanOrEqual(3_000);
  expect(perTurn).toBeLessThanOrEqual(TURN_MS / 2_000);
  expect(throttled).toBeLessThan(slack.api.calls.length * 0.05);
}, 180_000);
