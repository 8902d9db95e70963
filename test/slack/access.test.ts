/** Who may do what on Slack, as the settings say it; whoever may not is told, once. */
import { afterEach, describe, expect, it } from 'vitest';
import { openSlack, type BenchOptions, type SlackBench } from './bench.ts';
import { passOn } from './play.ts';

let bench: SlackBench;
afterEach(() => bench.close());

const open = async (options: BenchOptions = {}): Promise<void> => {
  bench = await openSlack(options);
};

/** A turn that asks; gives the ids of the options that it was answered with. */
async function ask(): Promise<string[]> {
  const answers: string[] = [];
  bench.stores.agents.behave = async (turn) => {
    const answer = await turn.ask('Write notes.txt');
    answers.push(JSON.stringify(answer));
    return 'end_turn';
  };
  await bench.start('asker', 'write some notes');
  await passOn(bench, 1_000);
  return answers;
}

async function press(who: 'asker' | 'maintainer', label = 'Allow once'): Promise<void> {
  const found = (await bench.buttons()).find((each) => each.label === label);
  if (found === undefined) throw new Error(`no button ${label}`);
  await bench.press(who, found);
  await passOn(bench, 500);
}

describe('who may start work', () => {
  it('members of the allowed channels, and everybody in a conversation of their own', async () => {
    await open({ access: { channels: ['C0OTHER'] } });
    await bench.start('asker', 'hello');
    await passOn(bench, 1_000);
    expect(bench.stores.agents.prompts).toEqual([]);
    expect(await bench.shown()).toEqual([expect.stringContaining('Sorry')]);
    const direct = bench.slack.people.dm(bench.ann, 'hello');
    await passOn(bench, 1_000);
    expect(bench.stores.agents.prompts).toEqual(['hello']);
    expect(bench.slack.answers(direct)).toHaveLength(1);
  });

  it.each(['a guest', 'somebody of another workspace'])('not %s, unless allowed', async (who) => {
    await open();
    const team = who === 'a guest' ? bench.slack.teamId : bench.slack.addTeam();
    const stranger = bench.slack.addPerson('Zoe', team, { isGuest: who === 'a guest' });
    bench.general.members.add(stranger.id);
    const bot = bench.slack.state.install(bench.slack.teamId).botUserId;
    const text = `<@${bot}> hello`;
    const root = bench.slack.state.addMessage(bench.general.id, { user: stranger.id, text });
    bench.openedAt(root);
    bench.slack.events.posted(root);
    await passOn(bench, 1_000);
    expect(bench.stores.agents.prompts).toEqual([]);
    expect(await bench.shown()).toEqual([expect.stringContaining('Sorry')]);
    expect(bench.stores.memory.decisions.at(-1)).toMatchObject({ outcome: 'refused' });
  });

  it('apps that are named, and no others', async () => {
    await open({ access: { bots: ['A00000APP02'] } });
    const post = (appId: string): void => {
      const channel = bench.general.id;
      const botUser = bench.slack.state.install(bench.slack.teamId).botUserId;
      bench.slack.events.send(bench.slack.teamId, {
        type: 'message',
        subtype: 'bot_message',
        channel,
        channel_type: 'channel',
        bot_id: 'B00OTHER',
        app_id: appId,
        text: `<@${botUser}> nightly report by ${appId}`,
        ts: bench.slack.state.newTs(channel),
        event_ts: bench.slack.state.newTs(channel),
      });
    };
    post('A00000APP03');
    post('A00000APP02');
    await passOn(bench, 1_000);
    expect(bench.stores.agents.prompts).toEqual(['nightly report by A00000APP02']);
  });

  it('a reply without a mention goes on only where that is allowed', async () => {
    await open({ untaggedReplies: false });
    const root = (await bench.start('asker', 'one'), bench.root());
    await passOn(bench, 500);
    bench.slack.people.say(bench.ann, bench.general, 'two', { thread: root });
    await bench.say('asker', 'three');
    await passOn(bench, 500);
    expect(bench.stores.agents.prompts.map((text) => text.split('\n').at(-1))).toEqual([
      'one',
      'three',
    ]);
  });
});

describe('who may answer', () => {
  it('not who asked, where the settings say so; a named approver may', async () => {
    await open({ requesterMayApprove: false, access: { maintainers: [] } });
    const answers = await ask();
    await press('asker');
    expect(answers).toEqual([]);
    expect(await bench.told('asker')).toEqual([expect.stringContaining('somebody else')]);
    expect(await bench.buttons()).toHaveLength(2);
    await press('maintainer');
    expect(await bench.told('maintainer')).toEqual([expect.stringContaining('Sorry')]);
    expect(answers).toEqual([]);
  });

  it('members of a named group, asked for once a minute; who left it no more', async () => {
    await open({ access: { maintainers: [], approverGroups: ['S01'] } });
    bench.slack.directory.groups.set('S01', [bench.bob.id]);
    const answers = await ask();
    await press('maintainer');
    expect(answers).toEqual([expect.stringContaining('yes')]);
    await bench.say('asker', 'once more');
    await passOn(bench, 1_000);
    bench.slack.directory.groups.set('S01', []);
    await passOn(bench, 61_000, 1_000);
    await press('maintainer');
    expect(answers).toHaveLength(1);
    expect(bench.slack.count('usergroups.users.list')).toBeLessThanOrEqual(3);
  });

  it.each([
    ['that is gone', undefined],
    ['that Slack does not tell', { kind: 'status', status: 503 }],
  ] as const)('nobody by a group %s', async (_, fault) => {
    await open({ access: { maintainers: [], approverGroups: ['S01'] } });
    const answers = await ask();
    const asked = bench.slack.count('usergroups.users.list');
    bench.slack.api.fault = ({ method }) =>
      method === 'usergroups.users.list' ? fault : undefined;
    // What was heard a minute ago counts no more.
    await passOn(bench, 61_000, 1_000);
    await press('maintainer');
    expect(bench.slack.count('usergroups.users.list')).toBeGreaterThan(asked);
    expect(answers).toEqual([]);
    expect(await bench.buttons()).toHaveLength(2);
    // Once the group is there again, who is in it may.
    bench.slack.api.fault = () => undefined;
    bench.slack.directory.groups.set('S01', [bench.bob.id]);
    await passOn(bench, 61_000, 1_000);
    if (answers.length === 0) await press('maintainer');
    expect(answers).toEqual([expect.stringContaining('yes')]);
  });

  it('a button answers only what was shown beside it', async () => {
    await open();
    const answers = await ask();
    const [request] = await bench.stores.memory.sessions.pendingPermissions();
    if (request === undefined) throw new Error('no request');
    Object.assign(request, { toolCall: { ...request.toolCall, title: 'Write /etc/passwd' } });
    await press('asker');
    expect(answers).toEqual([]);
    expect(await bench.told('asker')).toEqual([
      'What the agent asks has changed. Please read it again.',
    ]);
  });
});
