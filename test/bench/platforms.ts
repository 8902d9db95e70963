/** The ways of a message through GitHub and Slack, on the fakes, beside a bot that does the least. */
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { sign } from '../harness/fake-github/hooks.ts';
import { signature } from '../harness/fake-slack/http-transport.ts';
import { eventually } from '../harness/server-process.ts';
import { load } from './http-load.ts';
import type { Post } from './http-load.ts';
import { median, quantile, row, times } from './report.ts';
import { openStage } from './stage.ts';
import type { Stage } from './stage.ts';

const POSTS = 3000;
const MENTIONS = 15;
const CLICKS = 10;
const LIVE = 100;
const LIVE_SECONDS = 30;

const epoch = (): number => performance.timeOrigin + performance.now();
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** As GitHub sends a comment that mentions nobody: 10 kB that are stored and lead to nothing. */
function webhooks({ github, repo, ann }: Stage): readonly Post[] {
  const issue = github.people.openIssue(ann, repo, { title: 'Quiet', body: 'x'.repeat(4000) });
  github.hooks.hold();
  github.people.comment(ann, issue, `Nothing for us. ${'x'.repeat(4000)}`);
  const [event] = github.hooks.waiting();
  void github.hooks.pump(() => []);
  if (event === undefined) throw new Error('no webhook');
  const headers = {
    'content-type': 'application/json',
    'x-github-event': event.event,
    'x-hub-signature-256': sign(github.secret, event.body),
  };
  return Array.from({ length: POSTS }, () => ({
    headers: { ...headers, 'x-github-delivery': randomUUID() },
    body: event.body,
  }));
}

/** A message in a channel that mentions nobody. */
function slackEvents({ slack, sal, general }: Stage): readonly Post[] {
  const stamp = String(Math.floor(Date.now() / 1000));
  return Array.from({ length: POSTS }, (_, n) => {
    const ts = `${stamp}.${String(n).padStart(6, '0')}`;
    const event = { type: 'message', user: sal.id, text: 'Nothing for us.', ts, event_ts: ts };
    const body = JSON.stringify({
      type: 'event_callback',
      team_id: slack.teamId,
      api_app_id: slack.appId,
      event_id: `EvBench${n}-${randomUUID()}`,
      event_time: Number(stamp),
      event: { ...event, channel: general.id, channel_type: 'channel' },
    });
    return {
      headers: {
        'content-type': 'application/json',
        'x-slack-request-timestamp': stamp,
        'x-slack-signature': signature(slack.signingSecret, stamp, body),
      },
      body,
    };
  });
}

async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  // In hundredths of a second, on every Linux that we know.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function acknowledged(
  stage: Stage,
  name: string,
  path: string,
  make: (stage: Stage) => readonly Post[],
): Promise<void> {
  for (const atOnce of [1, 32]) {
    const plain = await load(`${stage.plain.url}${path}`, make(stage), atOnce);
    const before = await cpuMs(stage.server.pid);
    const ours = await load(`${stage.server.url}${path}`, make(stage), atOnce);
    // What was stored is worked off before the next is measured, and counts.
    await pause(3000);
    const cpu = ((await cpuMs(stage.server.pid)) - before) / POSTS;
    const [p50, p99] = [0.5, 0.99].map((part) =>
      times(quantile(ours.took, part), quantile(plain.took, part)),
    );
    row(
      `${name}, ${atOnce} at once`,
      `p50 ${median(plain.took).toFixed(2)} ms, ${plain.perSecond.toFixed(0)}/s`,
      `p50 ${p50} p99 ${p99} ms, ${ours.perSecond.toFixed(0)}/s, ${cpu.toFixed(2)} ms CPU each`,
    );
  }
}

/** From a person's mention until the platform has our first message. */
async function firstMessages(stage: Stage): Promise<void> {
  const { github, slack, ann, repo, sal, general } = stage;
  const onGitHub = async (): Promise<number> => {
    const issue = github.people.openIssue(ann, repo, { title: 'One', body: '' });
    await github.hooks.idle();
    const start = performance.now();
    const posted = new Promise<number>((resolve) => {
      github.fault = ({ op }) => {
        if (op === 'issues/create-comment') resolve(performance.now() - start);
        return undefined;
      };
    });
    github.people.comment(ann, issue, '@threadcast agent=bench chunks 1');
    return posted;
  };
  const inSlack = (): Promise<number> => {
    const start = performance.now();
    return new Promise((resolve) => {
      slack.api.fault = ({ method }) => {
        if (method === 'chat.postMessage') resolve(performance.now() - start);
        return undefined;
      };
      slack.people.say(sal, general, '@threadcast agent=bench chunks 1');
    });
  };
  for (const [name, measure] of [
    ['GitHub', onGitHub],
    ['Slack', inSlack],
  ] as const) {
    const took: number[][] = [];
    for (const { url } of [stage.server, stage.plain]) {
      stage.deliverTo(url);
      if (url === stage.plain.url) await giveToken(stage);
      const one: number[] = [];
      for (let n = 0; n < MENTIONS; n += 1) {
        one.push(await measure());
        await pause(1200);
      }
      took.push(one);
    }
    const [ours = [], plain = []] = took;
    row(
      `mention -> first message, ${name} (ms)`,
      `p50 ${median(plain).toFixed(1)}`,
      `p50 ${times(median(ours), median(plain), 1)}, longest ${Math.max(...ours).toFixed(1)}`,
    );
  }
  github.fault = () => undefined;
  slack.api.fault = () => undefined;
  stage.deliverTo(stage.server.url);
}

async function giveToken({ github, plain }: Stage): Promise<void> {
  const token = github.tokens.at(-1)?.token ?? '';
  await fetch(`${plain.url}/token`, { method: 'POST', body: token });
}

/** From a tick or a click until the agent has its answer; the agent says when it got each. */
async function clicks(stage: Stage): Promise<void> {
  const { github, slack, ann, repo, sal, general } = stage;
  const issue = github.people.openIssue(ann, repo, { title: 'Clicks', body: '' });
  github.people.comment(ann, issue, `@threadcast agent=bench stamp ${CLICKS}`);
  const ticked: number[] = [];
  for (let n = 0; n < CLICKS; n += 1) {
    const card = await eventually(
      async () => github.botComments(issue).filter(({ body }) => body.includes('- [ ]'))[0],
    );
    await pause(100);
    ticked.push(epoch());
    github.people.tick(ann, card, 0);
    await eventually(async () => !card.body.includes('- [ ]') || undefined);
  }
  const text = (): string =>
    github
      .botComments(issue)
      .map(({ body }) => body)
      .join('\n');
  report('tick -> agent goes on, GitHub (ms)', ticked, await stamps(text));

  const root = slack.people.say(sal, general, `@threadcast agent=bench stamp ${CLICKS}`);
  const clicked: number[] = [];
  const done = new Set<string>();
  for (let n = 0; n < CLICKS; n += 1) {
    const card = await eventually(async () =>
      slack
        .answers(root)
        .find((one) => !done.has(one.ts) && JSON.stringify(one.blocks).includes('"button"')),
    );
    done.add(card.ts);
    await pause(100);
    clicked.push(epoch());
    slack.people.click(sal, card, 'Allow');
  }
  const said = (): string =>
    slack
      .answers(root)
      .map((one) => slack.read(one))
      .join('\n');
  report('click -> agent goes on, Slack (ms)', clicked, await stamps(said));
}

function stamps(text: () => string): Promise<readonly number[]> {
  return eventually(async () => {
    const found = /\[(1\d{12}[\d.,]*)\]/.exec(text())?.[1]?.split(',').map(Number);
    return found?.length === CLICKS ? found : undefined;
  }, 60_000);
}

function report(name: string, from: readonly number[], to: readonly number[]): void {
  const took = to.map((at, n) => at - (from[n] ?? Number.NaN));
  row(name, '-', `p50 ${median(took).toFixed(1)}, longest ${Math.max(...took).toFixed(1)}`);
}

/** Threads whose agents write all the time, half on each platform. */
async function liveThreads(stage: Stage): Promise<void> {
  const { github, slack, server, ann, repo, sal, general } = stage;
  for (let n = 0; n < LIVE / 2; n += 1) {
    const issue = github.people.openIssue(ann, repo, { title: `Live ${n}`, body: '' });
    const words = `@threadcast agent=bench trickle ${LIVE_SECONDS + 30}`;
    github.people.comment(ann, issue, words);
    slack.people.say(sal, general, words);
  }
  await eventually(async () => {
    const { data } = await server.api<{ data: { state: string }[] }>('GET', '/sessions?limit=200');
    return data.filter(({ state }) => state === 'running').length >= LIVE || undefined;
  }, 120_000);
  const edits = (): number =>
    github.count('issues/update-comment') +
    github.count('issues/create-comment') +
    slack.count('chat.update') +
    slack.count('chat.postMessage');
  const [cpu, before] = [await cpuMs(server.pid), edits()];
  await pause(LIVE_SECONDS * 1000);
  const made = edits() - before;
  const spent = (await cpuMs(server.pid)) - cpu;
  row(
    `${LIVE} live threads, ${LIVE_SECONDS} s`,
    '-',
    `${made} edits, ${(spent / made).toFixed(1)} ms CPU each, ${(spent / LIVE_SECONDS / 10).toFixed(0)} % of a core`,
  );
}

export async function platforms(only: string | undefined): Promise<void> {
  const stage = await openStage();
  try {
    stage.deliverTo(stage.server.url);
    const parts = {
      github: () => acknowledged(stage, 'webhook -> 202', '/api/github/webhooks', webhooks),
      slack: () => acknowledged(stage, 'Slack event -> ack', '/slack/events', slackEvents),
      first: () => firstMessages(stage),
      clicks: () => clicks(stage),
      live: () => liveThreads(stage),
    };
    row('measure', 'plain bot', 'threadcast');
    for (const [name, part] of Object.entries(parts)) {
      if (only === undefined || only === name) await part();
    }
  } finally {
    await stage.close();
  }
}
