import { createHmac } from 'node:crypto';
import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeSlack, type FakeSlack, type FakeSlackOptions } from './fake-slack/fake-slack.ts';
import { openReceiver } from './fake-slack/receiver.ts';
import type { SlackChannel, SlackUser } from './fake-slack/state.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

interface World {
  readonly clock: ManualClock;
  readonly slack: FakeSlack;
  readonly app: Awaited<ReturnType<typeof openReceiver>>;
  readonly client: WebClient;
  readonly ann: SlackUser;
  readonly bob: SlackUser;
  readonly general: SlackChannel;
}

let world: World;

async function open(options: FakeSlackOptions = {}): Promise<World> {
  const clock = createManualClock();
  const slack = await startFakeSlack({ clock, ...options });
  const app = await openReceiver();
  slack.deliverTo(app.url);
  const ann = slack.addPerson('Ann');
  const bob = slack.addPerson('Bob');
  const general = slack.addChannel('general', [ann, bob]);
  const client = new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
  });
  return { clock, slack, app, client, ann, bob, general };
}

async function close({ slack, app }: World): Promise<void> {
  const { broken } = slack;
  await Promise.all([slack.close(), app.close()]);
  expect(broken).toEqual([]);
}

/** Opens the world again, with other options. */
async function reopen(options: FakeSlackOptions): Promise<void> {
  await close(world);
  world = await open(options);
}

beforeEach(async () => {
  world = await open();
});

afterEach(() => close(world));

const bot = (): string => world.slack.state.install(world.slack.teamId).botUserId;

describe('the fake Slack: messages', () => {
  it('keeps what is posted and edited, as a person sees it', async () => {
    const { client, slack, ann, general } = world;
    const root = slack.people.say(ann, general, '@threadcast fix <it> & go');
    const { ts } = await client.chat.postMessage({
      channel: general.id,
      thread_ts: root.ts,
      text: 'starting',
      metadata: { event_type: 'threadcast', event_payload: { key: 'k' } },
    });
    await client.chat.update({
      channel: general.id,
      ts: ts ?? '',
      text: 'Allow?',
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: `*Allow?* <@${ann.id}> asked` } },
        {
          type: 'actions',
          elements: [
            {
              type: 'button',
              action_id: 'a1',
              style: 'primary',
              text: { type: 'plain_text', text: 'Allow once' },
              value: 'v',
            },
          ],
        },
      ],
    });
    expect(slack.visible(root)).toMatchInlineSnapshot(`
      "Ann
        @threadcast fix <it> & go
      threadcast
        *Allow?* @Ann asked
        [Allow once*]"
    `);
    const replies = await client.conversations.replies({
      channel: general.id,
      ts: root.ts,
      include_all_metadata: true,
    });
    expect(replies.messages?.map((each) => each.metadata?.event_type)).toEqual([
      undefined,
      'threadcast',
    ]);
    expect(slack.api.violations).toEqual([]);
  });

  it('sends one message of a person twice, signed, as message and as app_mention', async () => {
    const { slack, app, ann, general } = world;
    slack.people.say(ann, general, '@threadcast hello');
    await slack.quiet();
    expect(app.received.map(({ body }) => body.event)).toMatchObject([
      { type: 'message', channel_type: 'channel', text: `<@${bot()}> hello`, user: ann.id },
      { type: 'app_mention', text: `<@${bot()}> hello`, user: ann.id },
    ]);
    const [first, second] = app.received;
    expect(first?.body.event_id).not.toBe(second?.body.event_id);
    const stamp = String(first?.headers['x-slack-request-timestamp']);
    const mac = createHmac('sha256', slack.signingSecret).update(`v0:${stamp}:${first?.raw}`);
    expect(first?.headers['x-slack-signature']).toBe(`v0=${mac.digest('hex')}`);
  });

  it('refuses what the app has no scope for', async () => {
    await reopen({ scopes: ['chat:write'] });
    await expect(world.client.users.info({ user: world.ann.id })).rejects.toMatchObject({
      data: { error: 'missing_scope', needed: 'users:read' },
    });
  });
});
