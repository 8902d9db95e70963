/**
 * A hundred live threads in one installation, at GitHub's limits: every call takes 150 to 400 ms of
 * simulated time, and time passes only while the wire is quiet (harness/wire-time.ts).
 */
import { afterEach, expect, test } from 'vitest';
import { sleep } from '../../src/core/ports/clock.ts';
import type { Issue } from '../harness/fake-github/model.ts';
import { seededRandom, testSeed } from '../harness/seeded.ts';
import { latencyOf, percentile, watchWire, type Wire } from '../harness/wire-time.ts';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
let wire: Wire;
afterEach(async () => {
  bench.github.fault = () => undefined;
  await bench.close();
  wire.close();
});

const THREADS = 100;
const TURN_MS = 10 * 60_000;
const HOUR = 3_600_000;

interface Load {
  /** When a thread asks, counted from the first mention. */
  readonly asksAt: (random: () => number) => number;
  /** From when GitHub refuses every call for so long, counted from the first mention. */
  readonly narrow?: { readonly at: number; readonly ms: number };
}

async function play({ asksAt, narrow }: Load) {
  const seed = testSeed();
  const random = seededRandom(seed);
  wire = watchWire();
  bench = await openGitHub({}, { tokenMs: 24 * HOUR });
  const { people, repo, ann, clock, agents, github, stores } = bench;
  const time = wire.time(clock, { held: github.held, busy: () => 0 });
  const from = clock.now();
  github.fault = ({ op, path, body, at }) => {
    const left = narrow === undefined ? 0 : narrow.at + narrow.ms - (at - from);
    if (narrow !== undefined && left > 0 && left <= narrow.ms) {
      return { kind: 'status', status: 429, retryAfterS: Math.ceil(left / 1_000) };
    }
    return { kind: 'slow', ms: latencyOf(seed, `${op} ${path} ${at} ${JSON.stringify(body)}`) };
  };
  const asked = new Map<string, number>();
  agents.behave = async (turn) => {
    const title = `rm -rf ${turn.text.match(/number \d+/)?.[0] ?? ''};`;
    clock.after(from + asksAt(random) - clock.now(), () => {
      asked.set(title, clock.now());
      void turn.ask(title);
    });
    while (clock.now() - from < TURN_MS) {
      await sleep(clock, 5_000);
      turn.say('Some more words. ');
    }
    turn.say('The end.');
    return 'end_turn';
  };
  const issues: Issue[] = [];
  for (let at = 0; at < THREADS; at += 1) {
    const issue = people.openIssue(ann, repo, { title: `Thread ${at}` });
    issues.push(issue);
    people.comment(ann, issue, `@threadcast number ${at}`);
    await time.pass(1_000);
  }
  await time.pass(TURN_MS - THREADS * 1_000);
  const ends = (): number =>
    issues.filter((issue) =>
      github.botComments(issue).some(({ body }) => body.includes('The end.')),
    ).length;
  await time.until(() => ends() === THREADS, 2 * HOUR);
  const comments = issues.flatMap((issue) => github.botComments(issue));
  const waits = [...asked].map(([title, at]) => {
    const card = comments.find(({ history }) => {
      const first = history[0]?.body ?? '';
      return first.includes('answer:') && first.includes(title);
    });
    return (card?.createdAt ?? Infinity) - at;
  });
  const throttled = github.calls.filter(({ status }) => status === 403 || status === 429).length;
  const writes =
    github.count('issues/create-comment', 201) + github.count('issues/update-comment', 200);
  const lastEndMs = clock.now() - from - TURN_MS;
  const result = {
    waits,
    throttled,
    lastEndMs,
    calls: github.calls.length,
    perTurn: writes / THREADS,
  };
  console.log(
    `seed ${seed}, ${THREADS} threads: a request is seen after p30 ${percentile(waits, 0.3)} p50 ${percentile(waits, 0.5)} p95 ${percentile(waits, 0.95)} worst ${Math.max(...waits)} ms; ${throttled} of ${result.calls} calls refused; ${result.perTurn.toFixed(1)} comments and edits a turn, an editor of each second ${TURN_MS / 1_000}; the last end after ${Math.round(lastEndMs / 1_000)} s`,
  );
  expect(asked.size).toBe(THREADS);
  expect(waits.filter((ms) => ms === Infinity)).toEqual([]);
  // A hundred ends at once are more than a minute's calls.
  expect(lastEndMs).toBeLessThanOrEqual(150_000);
  expect(stores.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect(result.perTurn).toBeLessThanOrEqual(TURN_MS / 2_000);
  return result;
}

test('a request is seen within three seconds, every final lands, and GitHub is not run into', async () => {
  const { waits, throttled } = await play({
    asksAt: (random) => 120_000 + Math.floor(random() * 450_000),
  });
  expect(percentile(waits, 0.95)).toBeLessThanOrEqual(3_000);
  expect(throttled).toBe(0);
}, 300_000);

test('when all ask within five seconds, as many as GitHub takes a minute are seen at once', async () => {
  const { waits, throttled } = await play({
    asksAt: (random) => 300_000 + Math.floor(random() * 5_000),
  });
  expect(percentile(waits, 0.3)).toBeLessThanOrEqual(3_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(90_000);
  expect(throttled).toBe(0);
}, 300_000);

test('when GitHub takes nothing for half a minute, requests are seen soon after it', async () => {
  const narrow = { at: 300_000, ms: 30_000 };
  const { waits, throttled, calls } = await play({
    asksAt: (random) => 120_000 + Math.floor(random() * 450_000),
    narrow,
  });
  // About seven in a hundred ask within that half minute.
  expect(percentile(waits, 0.8)).toBeLessThanOrEqual(3_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(narrow.ms + 3_000);
  expect(throttled).toBeLessThan(calls * 0.02);
}, 300_000);
