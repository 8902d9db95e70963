/** The Home tab: what its viewer has running and what waits for them, with buttons that work. */
import { afterEach, expect, it } from 'vitest';
import type { Session } from '../../src/core/model/session.ts';
import { homeView } from '../../src/slack/renderers/home.ts';
import { checkBlocks } from '../harness/fake-slack/blocks.ts';
import type { SlackMessage, SlackUser } from '../harness/fake-slack/state.ts';
import { openSlack, type SlackBench } from './bench.ts';
import { holdTurnsOn, passOn } from './play.ts';

let bench: SlackBench;
afterEach(() => bench.close());

const blocksOf = (user: SlackUser): unknown => bench.slack.hooks.home(user.id)?.['blocks'];
/** As its viewer reads it, times and ids left out. */
const homeOf = (user: SlackUser): string =>
  bench.slack
    .read({ stream: null, text: '', blocks: blocksOf(user) } as SlackMessage)
    .replace(/<!date\^\d+\^[^|]*\|[^>]*>/g, 'TIME')
    .replace(/`[a-z]\d`/g, '`k7`')
    .replace(/archives\/\w+\/p\d+/g, 'archives/C/p1');

async function look(user: SlackUser): Promise<string> {
  bench.slack.people.openHome(user);
  await bench.quiet();
  return homeOf(user);
}

it('teaches who has nothing yet', async () => {
  bench = await openSlack();
  expect(await look(bench.ann)).toMatchInlineSnapshot(`
    "# Welcome
    You have no sessions yet. There are four ways to start one:
    • *In a channel*: mention me with what you want done, such as \`@Threadcast why does the build fail?\` I answer in a thread, and your replies there go on with it.
    • *Here*: write to me under _Messages_.
    • *About a message*: choose _Ask Threadcast_ in its menu (⋮).
    • *Anywhere in a channel*: \`/threadcast\` and what you want done.
    I ask before I run or change anything. \`help\` lists what else I understand."
  `);
});

it('shows what waits and what runs, to its viewer alone', async () => {
  bench = await openSlack();
  bench.stores.agents.behave = async (turn) => {
    await turn.ask('Write notes.txt');
    return 'end_turn';
  };
  await bench.start('asker', 'write some notes');
  await passOn(bench, 1_000);
  expect(await look(bench.ann)).toMatchInlineSnapshot(`
    "# Waiting for an answer
    ✋ *Example* asks \`k7\` · expires TIME [Open thread -> https://fake.slack.com/archives/C/p1]
    Write notes.txt
    [Allow once*] [Deny!]
    # My sessions
    *write some notes*
    Example · ⏳ working · since TIME
    [Open thread -> https://fake.slack.com/archives/C/p1] [Stop!]"
  `);
  expect(await look(bench.bob)).toContain('You have no sessions yet');
});

it('takes an answer, and is brought up to date by what it causes', async () => {
  bench = await openSlack();
  const answers: unknown[] = [];
  bench.stores.agents.behave = async (turn) => {
    answers.push(await turn.ask('Write notes.txt'));
    return 'end_turn';
  };
  await bench.start('asker', 'write some notes');
  await passOn(bench, 1_000);
  await look(bench.ann);
  bench.slack.people.clickHome(bench.ann, 'Allow once');
  await passOn(bench, 500);
  expect(answers).toEqual([{ outcome: 'selected', optionId: 'yes' }]);
  await passOn(bench, 12_000, 1_000);
  expect(homeOf(bench.ann)).not.toContain('Waiting');
  expect(homeOf(bench.ann)).toContain('ready');
  expect((await bench.shown()).join()).toContain('Allowed by Ann');
});

it('takes nothing of who may not do it any more, and says so at its top', async () => {
  bench = await openSlack();
  bench.stores.agents.behave = async (turn) => {
    await turn.ask('Write notes.txt');
    return 'end_turn';
  };
  await bench.start('asker', 'write some notes');
  await passOn(bench, 1_000);
  await look(bench.ann);
  // The view is the one from before she became a guest.
  bench.slack.state.users.set(bench.ann.id, { ...bench.ann, isGuest: true });
  await passOn(bench, 61_000, 10_000);
  for (const button of ['Allow once', 'Stop']) {
    bench.slack.people.clickHome(bench.ann, button);
    await passOn(bench, 500);
    expect(homeOf(bench.ann).split('\n')[0]).toMatch(/^⚠️ Sorry/);
  }
  expect((await bench.shown()).join()).toMatch(/waiting for you/);
});

it('takes nothing by a button that stands in the view of somebody else', async () => {
  bench = await openSlack();
  holdTurnsOn(bench);
  await bench.start('asker', 'run for ever');
  await passOn(bench, 1_000);
  await look(bench.eve);
  await look(bench.ann);
  bench.slack.people.clickHome(bench.eve, 'Stop', bench.ann);
  await passOn(bench, 1_000);
  expect(homeOf(bench.eve).split('\n')[0]).toMatch(/^⚠️ Sorry/);
  expect((await bench.shown())[0]).not.toContain('stopped');
});

it('stops a turn', async () => {
  bench = await openSlack();
  const turns = holdTurnsOn(bench);
  await bench.start('asker', 'run for ever');
  await passOn(bench, 1_000);
  await look(bench.ann);
  bench.slack.people.clickHome(bench.ann, 'Stop');
  await passOn(bench, 1_000);
  expect(turns).toHaveLength(1);
  expect((await bench.shown())[0]).toContain('stopped');
});

it('is published again when something changed, and not more often', async () => {
  bench = await openSlack();
  await look(bench.ann);
  const turns = holdTurnsOn(bench);
  await bench.start('asker', 'run for a while');
  await passOn(bench, 15_000, 1_000);
  expect(homeOf(bench.ann)).toContain('working');
  const before = bench.slack.count('views.publish');
  for (let at = 0; at < 60; at += 1) {
    turns[0]?.say('Words. ');
    await passOn(bench, 1_000, 1_000);
  }
  expect(bench.slack.count('views.publish')).toBe(before);
  await passOn(bench, 30 * 60_000, 5 * 60_000);
  const whenNobodyLooks = bench.slack.count('views.publish');
  await bench.say('asker', 'and again');
  await passOn(bench, 15_000, 1_000);
  expect(bench.slack.count('views.publish')).toBe(whenNobodyLooks);
});

it('keeps to a hundred blocks, whatever there is', async () => {
  bench = await openSlack();
  const session = {
    id: 's_1',
    agentName: 'Example',
    state: 'running',
    createdAt: 0,
  } as unknown as Session;
  const one = {
    session,
    title: 'x'.repeat(500),
    threadUrl: 'https://x.test/1',
    pageUrl: undefined,
  };
  const options = [{ optionId: 'yes', name: 'Allow once', kind: 'allow_once' }];
  const toolCall = {
    toolCallId: 't',
    title: 'y'.repeat(9_000),
    kind: 'edit',
    status: 'pending',
    content: [],
    locations: [],
  };
  const permission = {
    requestId: 'r_1',
    promptId: null,
    code: 'k7',
    toolCall,
    asked: {},
    options,
    requestedAt: 0,
    expiresAt: 0,
    outcome: null,
  };
  const request = {
    asked: { sessionId: 's_1', permission },
    agentName: 'Example',
    threadUrl: 'https://x.test/1',
    approvalUrl: undefined,
  };
  const view = homeView(
    {
      sessions: Array.from({ length: 20 }, (_, at) => ({
        ...one,
        session: { ...session, id: `s_${at}` },
      })) as never,
      requests: Array.from({ length: 5 }, () => request) as never,
      moreSessions: 7,
      moreRequests: 3,
    },
    () => 'token',
  );
  expect(checkBlocks(view.blocks, 'view')).toEqual({ ok: true });
  expect(JSON.stringify(view)).not.toContain('Allow once');
});
