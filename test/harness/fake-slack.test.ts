import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCorpus } from './fake-slack/corpus.ts';
import type { FakeSlackOptions } from './fake-slack/fake-slack.ts';
import { NO_RATE_LIMITS } from './fake-slack/limiter.ts';
import { METHODS } from './fake-slack/method-table.ts';
import { errorOf, openSlackWorld, type SlackWorld } from './fake-slack/world.ts';

let world: SlackWorld;

/** The world again, with other options. */
async function reopen(options: FakeSlackOptions): Promise<SlackWorld> {
  await world.close();
  world = await openSlackWorld(options);
  return world;
}

beforeEach(async () => {
  world = await openSlackWorld({ rates: NO_RATE_LIMITS });
});

afterEach(() => world.close());

const section = (text: string, more: object = {}) => ({
  type: 'section' as const,
  text: { type: 'mrkdwn' as const, text },
  ...more,
});

const button = (label: string, more: object = {}) => ({
  type: 'button' as const,
  text: { type: 'plain_text' as const, text: label },
  ...more,
});

const actions = (...elements: ReturnType<typeof button>[]) => ({
  type: 'actions' as const,
  elements,
});

const post = (more: object): Promise<string> =>
  errorOf(
    world.client.apiCall('chat.postMessage', { channel: world.general.id, text: 'x', ...more }),
  );

describe('the fake Slack: messages', () => {
  it('keeps what is posted and edited, as a person sees it', async () => {
    const { client, slack, ann, general } = world;
    const root = slack.people.say(ann, general, '@threadcast fix <it> & go');
    const metadata = { event_type: 'threadcast', event_payload: { key: 'k' } };
    const at = { channel: general.id, thread_ts: root.ts };
    const { ts = '' } = await client.chat.postMessage({ ...at, text: 'starting', metadata });
    const blocks = [
      section(`*Allow?* <@${ann.id}> asked`),
      actions(button('Allow once', { style: 'primary' }), button('Deny', { style: 'danger' })),
    ];
    await client.chat.update({ channel: general.id, ts, text: 'Allow?', blocks });
    await client.reactions.add({ channel: general.id, timestamp: root.ts, name: 'eyes' });
    expect(slack.visible(root)).toMatchInlineSnapshot(`
      "Ann
        @threadcast fix <it> & go
        :eyes: 1
      threadcast
        *Allow?* @Ann asked
        [Allow once*] [Deny!]"
    `);
    const replies = await client.conversations.replies({
      channel: general.id,
      ts: root.ts,
      include_all_metadata: true,
    });
    expect(replies.messages?.map((each) => each.metadata?.event_payload)).toEqual([
      undefined,
      { key: 'k' },
    ]);
    expect(slack.api.violations).toEqual([]);
  });

  it('shows an ephemeral message to one person, and to no call', async () => {
    const { client, slack, ann, bob, general } = world;
    const root = slack.people.say(ann, general, 'hello');
    const at = { channel: general.id, thread_ts: root.ts };
    await client.chat.postEphemeral({ ...at, user: bob.id, text: 'not you' });
    expect(slack.visible(root, ann)).toBe('Ann\n  hello');
    expect(slack.visible(root)).toContain('threadcast (only Bob sees this)\n  not you');
    const { messages } = await client.conversations.replies({ ...at, ts: root.ts });
    expect(messages).toHaveLength(1);
  });

  it('gives ts that are unique in a channel, and there only', async () => {
    const { slack, ann, general } = world;
    const other = slack.addChannel('other', [ann]);
    const [a, b] = [slack.people.say(ann, general, 'a'), slack.people.say(ann, general, 'b')];
    const c = slack.people.say(ann, other, 'c');
    expect([a.ts === b.ts, a.ts === c.ts]).toEqual([false, true]);
  });

  it('cuts what is posted at 40,000 characters, and refuses edits above 4,000', async () => {
    const { client, slack, ann, general } = world;
    const root = slack.people.say(ann, general, 'hello');
    const at = { channel: general.id, thread_ts: root.ts };
    const { ts = '' } = await client.chat.postMessage({ ...at, text: 'x'.repeat(40_001) });
    expect(slack.answers(root)[0]?.text).toHaveLength(40_000);
    const edit = (length: number): Promise<string> =>
      errorOf(client.chat.update({ channel: general.id, ts, text: 'y'.repeat(length) }));
    expect([await edit(4001), await edit(4000)]).toEqual(['msg_too_long', 'ok']);
  });

  it.each([
    ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
    ['a section of 3,001', [section('x'.repeat(3001))]],
    ['an empty section', [section('')]],
    ['26 buttons', [actions(...Array.from({ length: 26 }, () => button('x')))]],
    ['a label of 76', [actions(button('x'.repeat(76)))]],
    ['a value of 2,001', [actions(button('x', { value: 'v'.repeat(2001) }))]],
    ['an action id of 256', [actions(button('x', { action_id: 'a'.repeat(256) }))]],
    [
      'an action id twice',
      [actions(button('x', { action_id: 'a' }), button('y', { action_id: 'a' }))],
    ],
    ['a block id twice', [section('a', { block_id: 'b' }), section('c', { block_id: 'b' })]],
    ['a header of 151', [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }]],
    ['markdown of 12,001', [{ type: 'markdown', text: 'x'.repeat(12_001) }]],
    ['a block that does not exist', [{ type: 'accordion' }]],
    [
      'an input outside of a view',
      [
        {
          type: 'input',
          label: { type: 'plain_text', text: 'x' },
          element: { type: 'plain_text_input' },
        },
      ],
    ],
    [
      'a plan in a container',
      [
        {
          type: 'container',
          title: { type: 'plain_text', text: 'x' },
          child_blocks: [{ type: 'plan', title: 'x' }],
        },
      ],
    ],
    ['a task of no state', [{ type: 'plan', title: 'x', tasks: [{ task_id: '1', title: 'y' }] }]],
    ['a table of 101 rows', [{ type: 'table', rows: Array.from({ length: 101 }, () => []) }]],
  ])('refuses %s, and says which', async (_what, blocks) => {
    const { client, general } = world;
    const refused = client.apiCall('chat.postMessage', { channel: general.id, text: 'x', blocks });
    await expect(refused).rejects.toMatchObject({
      data: {
        error: 'invalid_blocks',
        response_metadata: {
          messages: expect.arrayContaining([expect.stringContaining('json-pointer:/blocks')]),
        },
      },
    });
    expect(world.slack.state.all(general.id)).toEqual([]);
  });

  it('refuses what cannot be posted', async () => {
    const long = Array.from({ length: 5 }, () => section('x'.repeat(2500)));
    expect({
      tooMuchTogether: await post({ blocks: long }),
      nothing: await post({ text: '' }),
      both: await post({ markdown_text: 'x' }),
      longMarkdown: await post({ text: undefined, markdown_text: 'x'.repeat(12_001) }),
      nowhere: await post({ channel: 'C404' }),
      noRoot: await post({ thread_ts: '1.000001' }),
      badMetadata: await post({ metadata: { key: 'k' } }),
    }).toMatchInlineSnapshot(`
      {
        "badMetadata": "invalid_metadata_format",
        "both": "markdown_text_conflict",
        "longMarkdown": "msg_too_long",
        "noRoot": "cannot_reply_to_message",
        "nothing": "no_text",
        "nowhere": "channel_not_found",
        "tooMuchTogether": "msg_blocks_too_long",
      }
    `);
  });

  it('refuses what the app may not change, or has no scope for', async () => {
    const { client, slack, ann, general } = world;
    const root = slack.people.say(ann, general, 'hello');
    const at = { channel: general.id, ts: root.ts };
    expect(await errorOf(client.chat.update({ ...at, text: 'x' }))).toBe('cant_update_message');
    expect(await errorOf(client.chat.delete(at))).toBe('cant_delete_message');
    const { client: narrow, ann: again } = await reopen({ scopes: ['chat:write'] });
    expect(await errorOf(narrow.users.info({ user: again.id }))).toBe('missing_scope');
    expect(await errorOf(world.clientFor('xoxb-no').auth.test())).toBe('invalid_auth');
  });

  it('writes down calls that the reference does not allow', async ({ skip }) => {
    skip(readCorpus() === undefined, 'Slack’s method reference is not beside this work tree');
    await errorOf(world.client.apiCall('chat.update', { chanel: 'C1', text: 'x', ts: 5 }));
    expect(world.slack.api.violations).toMatchInlineSnapshot(`
      [
        "chat.update has no argument chanel",
        "chat.update needs channel",
      ]
    `);
  });

  it('knows tiers and scopes as the reference has them', ({ skip }) => {
    const corpus = readCorpus();
    skip(corpus === undefined, 'Slack’s method reference is not beside this work tree');
    const differing = Object.entries(METHODS).flatMap(([method, { tier, scopes }]) => {
      const spec = corpus?.[method];
      if (spec === undefined) return [];
      const bot = spec.scope === 'none' ? [] : (spec.scope.bot ?? []);
      const isSame = spec.tier === tier && scopes.every((scope) => bot.includes(scope));
      return isSame ? [] : [method];
    });
    expect(differing).toEqual([]);
  });
});

describe('the fake Slack: rates', () => {
  beforeEach(async () => {
    await reopen({});
  });

  it('bears a short burst in a channel, then one message a second', async () => {
    const { client, clock, general, ann, slack } = world;
    const other = slack.addChannel('other', [ann]);
    const outcomes = async (channel: string, times: number): Promise<string[]> => {
      const all: string[] = [];
      for (let time = 0; time < times; time += 1)
        all.push(await errorOf(client.chat.postMessage({ channel, text: 'x' })));
      return all;
    };
    expect(await outcomes(general.id, 6)).toEqual([
      ...Array.from({ length: 5 }, () => 'ok'),
      'slack_webapi_rate_limited_error',
    ]);
    expect(await outcomes(other.id, 1)).toEqual(['ok']);
    await clock.advance(1000);
    expect(await outcomes(general.id, 1)).toEqual(['ok']);
    expect(slack.count('chat.postMessage', 'ratelimited')).toBe(1);
  });

  it('counts each method and workspace for itself, and says when to come again', async () => {
    const { slack, ann, general, bot } = world;
    const root = slack.people.say(ann, general, 'hello');
    const call = (token = slack.botToken, method = 'reactions.get') =>
      fetch(`${slack.apiUrl}${method}?channel=${general.id}&timestamp=${root.ts}&user=${bot}`, {
        headers: { Authorization: `Bearer ${token}` },
      });
    for (let time = 0; time < 50; time += 1) await call();
    const limited = await call();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '2']);
    expect((await call(slack.botToken, 'users.info')).status).toBe(200);
    expect((await call(slack.tokens.botToken(slack.addTeam()))).status).toBe(200);
  });
});

describe('the fake Slack: streams', () => {
  const start = () =>
    world.client.chat.startStream({
      channel: world.general.id,
      thread_ts: world.slack.people.say(world.ann, world.general, 'hello').ts,
      recipient_user_id: world.ann.id,
      recipient_team_id: world.slack.teamId,
      markdown_text: 'One. ',
    });

  it('grows a message that nothing else may edit until it is stopped', async () => {
    const { client, slack, general } = world;
    const { ts = '' } = await start();
    const at = { channel: general.id, ts };
    await client.apiCall('chat.appendStream', {
      ...at,
      chunks: [
        { type: 'plan_update', title: 'Plan' },
        { type: 'task_update', id: '1', title: 'Read', status: 'complete' },
        { type: 'markdown_text', text: 'Two.' },
      ],
    });
    const message = slack.state.message(general.id, ts);
    if (message === undefined) throw new Error('no message');
    expect(slack.read(message)).toBe('Plan\n[x] Read\nOne. Two.');
    expect(await errorOf(client.chat.update({ ...at, text: 'x' }))).toBe(
      'streaming_state_conflict',
    );
    await client.apiCall('chat.stopStream', { ...at, session_status: 'active' });
    expect(await errorOf(client.chat.appendStream({ ...at, markdown_text: 'x' }))).toBe(
      'message_not_in_streaming_state',
    );
    expect(await errorOf(client.chat.update({ ...at, text: 'Final.' }))).toBe('ok');
    expect(slack.statuses.of(general.id, message.threadTs ?? '')).toBe('active');
    expect(slack.api.violations).toEqual([]);
  });

  it('dies after five minutes', async () => {
    const { client, clock, general } = world;
    const { ts = '' } = await start();
    await clock.advance(5 * 60_000);
    const append = client.chat.appendStream({ channel: general.id, ts, markdown_text: 'x' });
    expect(await errorOf(append)).toBe('message_not_in_streaming_state');
    expect(await errorOf(client.chat.update({ channel: general.id, ts, text: 'y' }))).toBe('ok');
  });

  it('is stopped by a person’s Stop button, which the app is told', async () => {
    const { client, slack, app, ann, general } = world;
    const { ts = '' } = await start();
    const thread = slack.state.message(general.id, ts)?.threadTs ?? '';
    slack.people.stop(ann, general, thread);
    await slack.quiet();
    expect(app.received.at(-1)?.body.event).toMatchObject({
      type: 'agent_session_stopped',
      thread_ts: thread,
      streaming_message_ts: [ts],
    });
    const append = client.chat.appendStream({ channel: general.id, ts, markdown_text: 'x' });
    expect(await errorOf(append)).toBe('stopped_by_user');
  });

  it('needs to know whom to stream to, outside of DMs', async () => {
    const { client, slack, ann, general } = world;
    const dm = slack.people.dm(ann, 'hello');
    const to = (channel: string, thread_ts: string) =>
      errorOf(client.apiCall('chat.startStream', { channel, thread_ts, markdown_text: 'x' }));
    expect(await to(dm.channel, dm.ts)).toBe('ok');
    const root = slack.people.say(ann, general, 'hello');
    expect(await to(general.id, root.ts)).toBe('missing_recipient_user_id');
  });
});

describe('the fake Slack: session status', () => {
  it('shows what the session does, and reverts processing after an hour', async () => {
    const { client, clock, slack, ann, general } = world;
    const root = slack.people.say(ann, general, 'hello');
    const set = (status: string) =>
      errorOf(
        client.apiCall('agents.sessions.setStatus', {
          channel_id: general.id,
          thread_ts: root.ts,
          status,
        }),
      );
    expect([await set('processing'), await set('busy')]).toEqual(['ok', 'invalid_status']);
    expect(slack.statuses.of(general.id, root.ts)).toBe('processing');
    await clock.advance(3_600_000);
    expect(slack.statuses.of(general.id, root.ts)).toBe('active');
    slack.statuses.isAgent = false;
    expect(await set('active')).toBe('not_authorized');
  });
});
