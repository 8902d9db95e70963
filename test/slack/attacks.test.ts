/** What somebody on Slack tries who may not: other places, forged metadata, hidden commands. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PermissionAnswer } from '../../src/core/ports/agent.ts';
import { findByKey, METADATA_TYPE } from '../../src/slack/client/find.ts';
import { openSlack, type SlackBench } from './bench.ts';

let bench: SlackBench;
let answers: PermissionAnswer[];
beforeEach(async () => {
  answers = [];
  bench = await openSlack();
  bench.agents.behave = async (turn) => {
    answers.push(await turn.ask(`ls${' '.repeat(200)}; rm -rf ~\u200b`));
    return 'end_turn';
  };
});
afterEach(() => bench.close());

const isAsking = (): boolean =>
  bench.slack
    .answers(bench.root())
    .some(({ blocks }) => JSON.stringify(blocks).includes('"actions"'));

async function ask(): Promise<void> {
  await bench.start('asker', 'clean up');
  await bench.clock.until(async () => {
    await bench.quiet();
    return isAsking();
  });
}

test('a button of another channel, pressed where one is heard, answers nothing', async () => {
  const { slack, bob, ann } = bench;
  await ask();
  const [asking] = slack
    .answers(bench.root())
    .filter(({ blocks }) => JSON.stringify(blocks).includes('"actions"'));
  if (asking === undefined) throw new Error('nothing is asked');
  const elsewhere = slack.addChannel('elsewhere', [ann, bob]);
  slack.people.click(bob, { ...asking, channel: elsewhere.id }, 'Allow once');
  await bench.quiet();
  expect(answers).toEqual([]);
  const { data } = await bench.stores.decisions.decisions(null, 50);
  expect(data.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('another place'));
  slack.people.click(bob, asking, 'Allow once');
  await bench.clock.until(async () => {
    await bench.quiet();
    return answers.length === 1;
  });
});

test('what white space and characters without a shape hide stands beside the button', async () => {
  await ask();
  const shown = bench.slack.answers(bench.root()).map((each) => JSON.stringify(each.blocks));
  expect(shown.join('\n')).toContain('ls⟨200 spaces⟩; rm -rf ~⟨U+200B⟩');
});

test('a message of another app with our key in its metadata is not taken for ours', async () => {
  const metadata = { event_type: METADATA_TYPE, event_payload: { key: 'turn:p_1@th_1' } };
  const messages = [
    { ts: '1.1', bot_id: 'B_OTHER', metadata },
    { ts: '1.2', user: 'U_EVE', metadata },
  ];
  const workspaces = {
    of: async () => ({ botId: 'B_OURS' }),
    call: async () => ({ ok: true as const, data: { messages } }),
  };
  const place = { team: 'T1', channel: 'C1', thread: '1.0' };
  const find = () => findByKey(workspaces as never, place, 'turn:p_1@th_1', () => false);
  expect(await find()).toEqual({ ok: true, value: null });
  messages.push({ ts: '1.3', bot_id: 'B_OURS', metadata });
  expect(await find()).toEqual({ ok: true, value: '1.3' });
});
