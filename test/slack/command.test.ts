/** `/threadcast`, edits that came too late, and reminders: what people type and press besides mentions. */
import { afterEach, describe, expect, it } from 'vitest';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import { openSlack, type BenchOptions, type SlackBench } from './bench.ts';
import { holdTurnsOn, passOn } from './play.ts';

let bench: SlackBench;
afterEach(() => bench.close());

const open = async (options: BenchOptions = {}): Promise<void> => {
  bench = await openSlack(options);
};
const ours = (): readonly SlackMessage[] =>
  bench.slack.state.all(bench.general.id).filter((each) => each.byApp);

async function type(text: string, who: 'ann' | 'eve' = 'ann'): Promise<void> {
  bench.slack.people.slash(bench[who], bench.general, text);
  await passOn(bench, 500);
}

describe('/threadcast', () => {
  it('starts a thread on a message that says what was asked, which ends with ✅', async () => {
    await open();
    await type('why does the build fail?');
    await passOn(bench, 1_000);
    const [root, answer] = ours();
    expect(root?.text).toBe('*Ann*: why does the build fail?');
    expect(answer?.threadTs).toBe(root?.ts);
    expect([...(root?.reactions.keys() ?? [])]).toEqual(['white_check_mark']);
    expect(bench.stores.agents.prompts).toEqual(['why does the build fail?']);
  });

  it.each([
    ['', 'Write what'],
    ['help', 'Write `@threadcast`'],
    ['help stop', '`stop`'],
    ['whoami', 'You are *Ann*'],
    ['sessions', 'You have no sessions yet.'],
    ['status', 'You have no sessions yet.'],
    ['stop', '`stop` belongs to a thread'],
    ['queue clear', '`queue` belongs to a thread'],
    ['approve', 'I cannot read that'],
  ])('%j is answered to that person alone, and posts nothing', async (text, beginning) => {
    await open();
    await type(text);
    expect(ours().map((each) => [each.onlyFor, each.text.slice(0, beginning.length)])).toEqual([
      [bench.ann.id, beginning],
    ]);
    expect(bench.stores.agents.prompts).toEqual([]);
  });

  it('opens one thread, though nobody knows whether it was opened, and Slack has no time to tell', async () => {
    await open();
    const { api } = bench.slack;
    let posts = 0;
    api.fault = ({ method }) => {
      if (method === 'chat.postMessage' && (posts += 1) === 1)
        return { kind: 'status', status: 503, done: true };
      // Of the history, only what is asked after that post: nothing for a second try.
      return method === 'conversations.history' && posts === 1 && bench.slack.count(method) < 4
        ? { kind: 'throttle', retryAfterSeconds: 2 }
        : undefined;
    };
    await type('why does the build fail?');
    await passOn(bench, 15_000, 1_000);
    expect(ours().filter(({ text }) => text.startsWith('*Ann*'))).toHaveLength(1);
    expect(bench.stores.agents.prompts).toEqual(['why does the build fail?']);
  });

  it('is answered a little later where Slack has no time', async () => {
    await open();
    bench.slack.api.fault = ({ method }) =>
      method === 'chat.postEphemeral' && bench.slack.count(method) === 1
        ? { kind: 'throttle', retryAfterSeconds: 2 }
        : undefined;
    await type('whoami');
    await passOn(bench, 3_000, 1_000);
    expect(ours().map((each) => each.text)).toEqual([expect.stringContaining('You are *Ann*')]);
  });

  it('lists my sessions with links to their threads', async () => {
    await open();
    holdTurnsOn(bench);
    await bench.start('asker', 'mend the build');
    await passOn(bench, 500);
    await type('sessions');
    const [list] = ours().filter(({ onlyFor }) => onlyFor !== null);
    expect(list?.text.replace(/archives\/\w+\/p\d+/g, 'archives/C/p1')).toBe(
      'Your sessions:\n• <https://fake.slack.com/archives/C/p1|mend the build>: Example · ⏳ working',
    );
  });

  it('where I am no member is answered in a conversation with that person', async () => {
    await open();
    const closed = bench.slack.addChannel('closed', [bench.ann]);
    closed.members.delete(bench.slack.state.install(bench.slack.teamId).botUserId);
    bench.slack.people.slash(bench.ann, closed, 'why does the build fail?');
    await passOn(bench, 500);
    const { botUserId } = bench.slack.state.install(bench.slack.teamId);
    const im = bench.slack.state.imOf(bench.slack.teamId, bench.ann.id, botUserId);
    expect(bench.slack.state.all(im.id).map(({ text }) => text)).toEqual([
      `In <#${closed.id}>: I am not a member of this channel. Invite me to it. (not_in_channel)`,
    ]);
    expect(bench.stores.agents.prompts).toEqual([]);
  });

  it('by who may not start work posts nothing in their name, and is logged', async () => {
    await open();
    await type('do it', 'eve');
    expect(ours().map(({ onlyFor, text }) => [onlyFor, text.slice(0, 5)])).toEqual([
      [bench.eve.id, 'Sorry'],
    ]);
    expect(bench.stores.agents.prompts).toEqual([]);
    expect(bench.stores.memory.decisions.at(-1)).toMatchObject({
      verb: 'session.create',
      outcome: 'refused',
    });
  });
});

describe('an edit that came too late', () => {
  it('is offered with a button, which runs it once, for who may run', async () => {
    await open();
    const turns = holdTurnsOn(bench);
    const written = await bench.start('asker', 'mend the build');
    await passOn(bench, 500);
    await bench.edit(written, 'mend the tests');
    await passOn(bench, 1_000);
    const offer = bench.slack
      .answers(bench.root())
      .find((each) => bench.slack.read(each).includes('Run again'));
    if (offer === undefined) throw new Error('no offer');
    expect(bench.slack.read(offer)).toMatchInlineSnapshot(`
      "Ann edited the message after its turn had begun, so the edit is not used: \`mend the tests\`. \`retry edited\` runs it again with the edit.
      [Run again with the edit*]"
    `);
    bench.slack.people.click(bench.eve, offer, 'Run again with the edit');
    await passOn(bench, 500);
    expect(await bench.told('outsider')).toHaveLength(1);
    const before = { ...offer };
    bench.slack.people.click(bench.ann, before, 'Run again with the edit');
    bench.slack.people.click(bench.ann, before, 'Run again with the edit');
    await passOn(bench, 500);
    await bench.command('asker', 'stop');
    await passOn(bench, 1_000);
    expect(turns.map(({ text }) => text)).toEqual(['mend the build', 'mend the tests']);
    expect(bench.slack.read(offer)).toMatchInlineSnapshot(`"Ann runs it again with the edit."`);
  });
});

describe('a request that nobody answers', () => {
  it('reminds who asked, by a mention that Slack understands', async () => {
    await open();
    bench.stores.agents.behave = async (turn) => {
      await turn.ask('Write notes.txt');
      return 'end_turn';
    };
    await bench.start('asker', 'write');
    await passOn(bench, 1_000);
    await passOn(bench, 16 * 60_000, 60_000);
    const reminder = bench.slack.answers(bench.root()).at(-1);
    expect(reminder?.text).toContain(`<@${bench.ann.id}>`);
    expect(JSON.stringify(reminder?.blocks)).toContain(`"mrkdwn","text":"<@${bench.ann.id}> `);
  });
});
