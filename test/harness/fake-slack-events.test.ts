import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isJson } from './fake-slack/arguments.ts';
import type { DeliveryFault } from './fake-slack/delivery.ts';
import type { FakeSlackOptions } from './fake-slack/fake-slack.ts';
import type { Received } from './fake-slack/receiver.ts';
import type { Json } from './fake-slack/state.ts';
import { aboutOf, fieldsOf, slackRecordings } from './fake-slack/recordings.ts';
import { errorOf, openSlackWorld, type SlackWorld } from './fake-slack/world.ts';

let world: SlackWorld;

async function reopen(options: FakeSlackOptions): Promise<void> {
  await world.close();
  world = await openSlackWorld(options);
}

beforeEach(async () => {
  world = await openSlackWorld();
});

afterEach(() => world.close());

const eventOf = ({ body }: Received): Json => (isJson(body.event) ? body.event : {});
const heard = (): string[] =>
  world.app.received.map((one) => {
    const { type, subtype, text } = eventOf(one);
    return [type, subtype, text]
      .flatMap((each) => (typeof each === 'string' ? [each] : []))
      .join(' ');
  });
const retries = (): unknown[] =>
  world.app.received.map(({ headers }) => headers['x-slack-retry-num'] ?? null);

function isSigned({ headers, raw }: Received): boolean {
  const stamp = String(headers['x-slack-request-timestamp']);
  const mac = createHmac('sha256', world.slack.signingSecret).update(`v0:${stamp}:${raw}`);
  return headers['x-slack-signature'] === `v0=${mac.digest('hex')}`;
}

const ageSeconds = ({ headers }: Received): number =>
  Date.now() / 1000 - Number(headers['x-slack-request-timestamp']);

describe('the fake Slack: events over HTTP', () => {
  it('sends a mention twice, signed, as message and as app_mention', async () => {
    const { slack, app, ann, general, bot } = world;
    slack.people.say(ann, general, '@threadcast hello');
    await slack.quiet();
    expect(heard()).toEqual([`message <@${bot}> hello`, `app_mention <@${bot}> hello`]);
    expect(new Set(app.received.map(({ body }) => body.event_id)).size).toBe(2);
    expect(app.received.every(isSigned)).toBe(true);
  });

  it('tells the app what it did itself, and what people changed', async () => {
    const { slack, client, ann, general } = world;
    const said = slack.people.say(ann, general, 'a');
    slack.people.edit(said, 'b');
    slack.people.react(ann, said, 'octagonal_sign');
    const { ts = '' } = await client.chat.postMessage({ channel: general.id, text: 'mine' });
    await client.chat.update({ channel: general.id, ts, text: 'mine, edited' });
    slack.people.remove(said);
    await slack.quiet();
    expect(heard()).toEqual([
      'message a',
      'message message_changed',
      'reaction_added',
      'message mine',
      'message message_changed',
      'message message_deleted',
    ]);
    expect(eventOf(world.app.received[3] ?? { headers: {}, raw: '', body: {} })).toMatchObject({
      bot_id: expect.any(String),
      app_id: slack.appId,
    });
  });

  it('says nothing of channels without the app, nor of events that it did not subscribe to', async () => {
    await reopen({ events: ['app_mention'] });
    const { slack, ann, general, bot } = world;
    slack.people.say(ann, general, 'a');
    slack.people.say(ann, general, '@threadcast b');
    general.members.delete(bot);
    slack.people.say(ann, general, '@threadcast c');
    await slack.quiet();
    expect(heard()).toEqual([`app_mention <@${bot}> b`]);
  });

  it('sends again at once, after one and after five minutes, then gives up', async () => {
    const { slack, app, clock, ann, general } = world;
    app.answer = () => 500;
    slack.people.say(ann, general, 'a');
    const later = async (ms: number): Promise<unknown[]> => {
      await clock.advance(ms);
      await slack.quiet();
      return retries();
    };
    await slack.quiet();
    expect(await later(0)).toEqual([null, '1']);
    expect(await later(59_999)).toHaveLength(2);
    expect(await later(1)).toEqual([null, '1', '2']);
    expect(await later(300_000)).toEqual([null, '1', '2', '3']);
    expect(await later(3_600_000)).toHaveLength(4);
    expect(slack.courier.deliveries[0]?.state).toBe('lost');
  });

  it('takes an answer after three seconds for none', async () => {
    const { slack, app, clock, ann, general } = world;
    app.answer = () => undefined;
    slack.people.say(ann, general, 'a');
    await expect.poll(() => app.received.length).toBe(1);
    app.answer = () => 200;
    await clock.advance(3000);
    await clock.until(() => slack.courier.deliveries[0]?.state === 'acked');
    expect(slack.courier.deliveries[0]?.attempts.map(({ outcome }) => outcome)).toEqual([
      'http_timeout',
      'acked',
    ]);
    expect(app.received[1]?.headers['x-slack-retry-reason']).toBe('http_timeout');
  });

  it('duplicates, delays, drops, reorders and forges what it is told to', async () => {
    const { slack, app, clock, ann, general } = world;
    const faults: Readonly<Record<string, DeliveryFault>> = {
      twice: { kind: 'duplicate' },
      late: { kind: 'delay', ms: 1000 },
      never: { kind: 'drop' },
      second: { kind: 'reorder' },
      forged: { kind: 'wrong_signature' },
      stale: { kind: 'old_timestamp' },
    };
    slack.courier.fault = ({ payload }) =>
      isJson(payload.event) ? faults[String(payload.event.text)] : undefined;
    for (const text of ['twice', 'late', 'never', 'second', 'first', 'forged', 'stale']) {
      slack.people.say(ann, general, text);
      await slack.quiet();
    }
    await clock.advance(1000);
    await slack.quiet();
    const texts = app.received.map((one) => eventOf(one).text);
    expect(texts).toEqual(['twice', 'twice', 'first', 'second', 'forged', 'stale', 'late']);
    expect(app.received.map(isSigned)).toEqual([true, true, true, true, false, true, true]);
    expect(app.received.map((one) => ageSeconds(one) > 300)).toEqual(
      texts.map((text) => text === 'stale'),
    );
  });
});

describe('the fake Slack: what people press', () => {
  const request = () =>
    world.client.chat.postMessage({
      channel: world.general.id,
      text: 'Allow?',
      blocks: [
        {
          type: 'actions',
          elements: [
            {
              type: 'button',
              action_id: 'answer:1',
              value: 'token',
              text: { type: 'plain_text', text: 'Allow once' },
            },
          ],
        },
      ],
    });
  const respond = (url: unknown, body: object): Promise<number> =>
    fetch(String(url), { method: 'POST', body: JSON.stringify(body) }).then(({ status }) => status);

  it('sends a click with its value, a trigger that lives 3 s and a response URL', async () => {
    const { slack, app, client, clock, ann, general } = world;
    const { ts = '' } = await request();
    const message = slack.state.message(general.id, ts);
    if (message === undefined) throw new Error('no message');
    expect(() => slack.people.click(ann, message, 'Deny')).toThrow('no button "Deny"');
    slack.people.click(ann, message, 'Allow once');
    slack.people.click(ann, message, 'answer:1');
    await slack.quiet();
    const [, first, second] = app.received.map(({ body }) => body);
    expect(first).toMatchObject({
      type: 'block_actions',
      user: { id: ann.id },
      message: { ts },
      actions: [{ action_id: 'answer:1', value: 'token' }],
    });
    const open = (trigger_id: unknown) =>
      errorOf(
        client.apiCall('views.open', {
          trigger_id,
          view: { type: 'modal', title: { type: 'plain_text', text: 'x' }, blocks: [] },
        }),
      );
    expect(await open(first?.trigger_id)).toBe('ok');
    expect(await open(first?.trigger_id)).toBe('exchanged_trigger_id');
    await clock.advance(3001);
    expect(await open(second?.trigger_id)).toBe('expired_trigger_id');
    expect(await respond(first?.response_url, { text: 'not you' })).toBe(200);
    expect(slack.visible(message)).toContain('(only Ann sees this)\n  not you');
    expect(await respond(first?.response_url, { replace_original: true, text: 'gone' })).toBe(200);
    expect(slack.read(message)).toBe('gone');
    await clock.advance(30 * 60_000);
    expect(await respond(first?.response_url, { text: 'late' })).toBe(410);
  });

  it('never sends a click or a command again', async () => {
    const { slack, app, clock, ann, general } = world;
    app.answer = () => 500;
    const delivery = slack.people.slash(ann, general, 'status');
    await slack.quiet();
    await clock.advance(600_000);
    await slack.quiet();
    expect(app.received.map(({ body }) => body)).toMatchObject([
      { command: '/threadcast', text: 'status', channel_id: general.id, user_id: ann.id },
    ]);
    expect(delivery.state).toBe('lost');
  });

  it('opens the Home tab, and shows what the app publishes there', async () => {
    const { slack, app, client, ann } = world;
    slack.people.openHome(ann);
    await slack.quiet();
    expect(app.received.map(eventOf)).toMatchObject([{ type: 'app_home_opened', tab: 'home' }]);
    const blocks = [{ type: 'divider' as const }];
    await client.views.publish({ user_id: ann.id, view: { type: 'home', blocks } });
    expect(slack.hooks.home(ann.id)).toMatchObject({ blocks });
  });

  it('sends the message shortcut with its message', async () => {
    const { slack, app, ann, bob, general } = world;
    const said = slack.people.say(bob, general, 'a question');
    slack.people.shortcut(ann, said, 'ask');
    await slack.quiet();
    expect(app.received.at(-1)?.body).toMatchObject({
      type: 'message_action',
      callback_id: 'ask',
      message: { text: 'a question' },
      user: { id: ann.id },
    });
  });
});

describe('the fake Slack: faults of calls', () => {
  it.each([
    [{ kind: 'status', status: 503 } as const, 0],
    [{ kind: 'status', status: 503, done: true } as const, 1],
    [{ kind: 'reset', done: true } as const, 1],
    [{ kind: 'error', error: 'fatal_error' } as const, 0],
  ])('fails so: %o, with %i messages posted', async (fault, posted) => {
    const { slack, client, general } = world;
    slack.api.fault = ({ method }) => (method === 'chat.postMessage' ? fault : undefined);
    expect(await errorOf(client.chat.postMessage({ channel: general.id, text: 'x' }))).not.toBe(
      'ok',
    );
    expect(slack.state.all(general.id)).toHaveLength(posted);
    expect(slack.count('chat.postMessage')).toBe(1);
  });

  it('hangs until the caller gives up', async () => {
    const { slack, general } = world;
    slack.api.fault = () => ({ kind: 'hang', done: true });
    const call = fetch(`${slack.apiUrl}chat.postMessage?channel=${general.id}&text=x`, {
      headers: { Authorization: `Bearer ${slack.botToken}` },
      signal: AbortSignal.timeout(200),
    });
    await expect(call).rejects.toThrow('timeout');
    expect(slack.state.all(general.id)).toHaveLength(1);
  });
});

describe('the fake Slack: OAuth', () => {
  const exchange = async (more: object): Promise<Json> => {
    const { clientId: client_id, clientSecret: client_secret } = world.slack;
    const secrets = { client_id, client_secret };
    return { ...(await world.clientFor('').apiCall('oauth.v2.access', { ...secrets, ...more })) };
  };

  it('gives a token for a code, once, and rotates it by refresh tokens that work once', async () => {
    await reopen({ rotation: true });
    const { slack, clock, clientFor } = world;
    const teamId = slack.addTeam();
    const code = slack.tokens.agree(teamId, 'https://app.test/callback');
    const given = await exchange({ code, redirect_uri: 'https://app.test/callback' });
    expect(given).toMatchObject({ team: { id: teamId }, expires_in: 43_200 });
    expect(await errorOf(exchange({ code }))).toBe('invalid_code');
    const token = String(given.access_token);
    expect((await clientFor(token).auth.test()).team_id).toBe(teamId);
    await clock.advance(43_200_000);
    expect(await errorOf(clientFor(token).auth.test())).toBe('token_expired');
    const refresh = { grant_type: 'refresh_token', refresh_token: given.refresh_token };
    const renewed = await exchange(refresh);
    expect((await clientFor(String(renewed.access_token)).auth.test()).team_id).toBe(teamId);
    expect(await errorOf(exchange(refresh))).toBe('invalid_refresh_token');
    expect(slack.api.violations).toEqual([]);
  });
});

describe('the fake Slack: Socket Mode', () => {
  const connect = async () => {
    const { url = '' } = await world.clientFor(world.slack.appToken).apps.connections.open();
    const envelopes: Json[] = [];
    const link = new WebSocket(url);
    const closed = new Promise<void>((resolve) => {
      link.once('close', () => resolve());
      link.once('error', () => resolve());
    });
    const greeted = new Promise<void>((resolve) => {
      link.once('message', () => resolve());
    });
    link.on('message', (data: Buffer) => {
      const said: unknown = JSON.parse(data.toString('utf8'));
      if (isJson(said)) envelopes.push(said);
    });
    await Promise.race([greeted, closed]);
    const acknowledge = (): void => {
      for (const { envelope_id } of envelopes) link.send(JSON.stringify({ envelope_id }));
    };
    return { link, envelopes, closed, acknowledge };
  };

  beforeEach(() => world.slack.deliverTo(null));

  it('sends each event to one connection, which acknowledges it', async () => {
    const { slack, ann, general } = world;
    const links = [await connect(), await connect()];
    for (const text of ['a', 'b', 'c', 'd']) slack.people.say(ann, general, text);
    const got = () => links.map(({ envelopes }) => envelopes.length - 1);
    await expect.poll(got).toEqual([2, 2]);
    for (const { acknowledge } of links) acknowledge();
    await slack.quiet();
    expect(slack.courier.deliveries.map(({ state }) => state)).toEqual(Array(4).fill('acked'));
    expect(links[0]?.envelopes[1]).toMatchObject({ type: 'events_api', retry_attempt: 0 });
  });

  it('sends again what a broken connection did not acknowledge', async () => {
    const { slack, clock, ann, general } = world;
    const first = await connect();
    slack.people.say(ann, general, 'a');
    await expect.poll(() => first.envelopes.length).toBe(2);
    const second = await connect();
    first.link.terminate();
    await first.closed;
    await slack.quiet();
    await clock.advance(0);
    await expect.poll(() => second.envelopes.length).toBe(2);
    expect(second.envelopes[1]).toMatchObject({ retry_attempt: 1 });
  });

  it('refuses the eleventh connection, and tells the ten when to come again', async () => {
    const links: { readonly envelopes: Json[] }[] = [];
    for (let made = 0; made < 10; made += 1) links.push(await connect());
    expect((await connect()).envelopes).toEqual([]);
    world.slack.sockets.disconnect('refresh_requested');
    await expect
      .poll(() => links.map(({ envelopes }) => envelopes.at(-1)?.reason))
      .toEqual(Array(10).fill('refresh_requested'));
  });

  it('opens connections for the app’s own token only', async () => {
    expect(await errorOf(world.client.apps.connections.open())).toBe('not_allowed_token_type');
  });
});

describe('the fake Slack: payloads beside recorded ones', () => {
  it('has the fields that recorded payloads always have, and none that they never have', async ({
    skip,
  }) => {
    const recordings = slackRecordings();
    skip(recordings.length === 0, 'the recorded payloads are not beside this work tree');
    await playEverything(world);
    const wrong = world.slack.courier.deliveries.flatMap(({ kind, payload }) => {
      const about = aboutOf(kind, payload);
      const known = recordings
        .filter((each) => aboutOf(each.kind, each.payload) === about)
        .map((each) => fieldsOf(each.payload));
      // One recording alone says nothing of what is always there.
      if (known.length < 2) return [];
      const ours = [...fieldsOf(payload)];
      const always = [...(known[0] ?? [])].filter((name) => known.every((each) => each.has(name)));
      const missing = always.filter((name) => !ours.includes(name));
      const added = ours.filter((name) => !known.some((each) => each.has(name)));
      return [
        ...missing.map((name) => `${about} lacks ${name}`),
        ...added.map((name) => `${about} never has ${name}`),
      ];
    });
    expect([...new Set(wrong)]).toEqual([]);
  });
});

/** Each kind of payload at least once. */
async function playEverything({ slack, client, ann, bob, general }: SlackWorld): Promise<void> {
  const { people } = slack;
  const root = people.say(ann, general, '@threadcast a');
  people.say(bob, general, 'b', { thread: root });
  people.edit(root, '@threadcast c');
  people.react(bob, root, 'eyes');
  people.dm(ann, 'd');
  people.openHome(ann);
  people.invite(slack.addPerson('Zoe'), general);
  people.slash(ann, general, 'status');
  const text = { type: 'plain_text' as const, text: 'x' };
  const { ts = '' } = await client.chat.postMessage({
    channel: general.id,
    text: 'x',
    blocks: [{ type: 'actions', elements: [{ type: 'button', text, action_id: 'a', value: 'v' }] }],
  });
  const message = slack.state.message(general.id, ts);
  if (message === undefined) throw new Error('no message');
  people.click(ann, message, 'x');
  await slack.quiet();
  const click = slack.courier.deliveries.at(-1)?.payload;
  const view = { type: 'modal' as const, title: text, blocks: [] };
  const opened = await client.views.open({ trigger_id: String(click?.trigger_id), view });
  people.submit(ann, opened.view?.id ?? '');
  await slack.quiet();
}
