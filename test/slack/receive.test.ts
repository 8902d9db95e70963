/** What reaches us under the name of Slack. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sign } from '../../src/slack/receive/signature.ts';
import { openSlack, type SlackBench } from './bench.ts';

let bench: SlackBench;
beforeEach(async () => {
  bench = await openSlack();
});
afterEach(() => bench.close());

function post(body: string, more: { secret?: string; age?: number; type?: string } = {}) {
  const { secret = bench.slack.signingSecret, age = 0, type = 'application/json' } = more;
  const timestamp = String(Math.floor(bench.clock.now() / 1000) - age);
  return fetch(`${bench.door.url}/slack/events`, {
    method: 'POST',
    body,
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': sign(secret, timestamp, body),
    },
  });
}

const mention = (id: string): string =>
  JSON.stringify({
    type: 'event_callback',
    team_id: bench.slack.teamId,
    api_app_id: bench.slack.appId,
    event_id: id,
    event: {
      type: 'app_mention',
      user: bench.ann.id,
      channel: bench.general.id,
      text: `<@${bench.slack.state.install(bench.slack.teamId).botUserId}> hello`,
      ts: '1767225600.000100',
      event_ts: '1767225600.000100',
    },
  });

describe('a request to /slack/events', () => {
  it.each([
    {
      what: 'a wrong signature',
      send: () => post(mention('E1'), { secret: 'other' }),
      status: 401,
    },
    { what: 'an old timestamp', send: () => post(mention('E2'), { age: 301 }), status: 401 },
    {
      what: 'a timestamp of the future',
      send: () => post(mention('E3'), { age: -301 }),
      status: 401,
    },
    { what: '10 MB', send: () => post('x'.repeat(10_000_000)), status: 413 },
    { what: 'garbage', send: () => post('{"type":'), status: 400 },
  ])('with $what is refused and changes nothing', async ({ send, status }) => {
    // A body far too large may be cut off before it was sent whole.
    const response = await send().catch(() => undefined);
    expect(response?.status ?? status).toBe(status);
    await bench.quiet();
    expect(await bench.stores.deliveries.pending('slack', 10)).toEqual([]);
    // Who we are is asked at the start.
    expect(bench.slack.api.calls.map(({ method }) => method)).toEqual(['auth.test']);
  });

  it('without a signature is refused', async () => {
    const response = await fetch(`${bench.door.url}/slack/events`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
  });

  it('that asks for the challenge gets it', async () => {
    const response = await post(JSON.stringify({ type: 'url_verification', challenge: 'c1' }));
    expect(await response.json()).toEqual({ challenge: 'c1' });
  });

  it('is acknowledged only when it is stored', async () => {
    const accept = bench.stores.deliveries.accept.bind(bench.stores.deliveries);
    bench.stores.deliveries.accept = () => Promise.reject(new Error('disk full'));
    expect((await post(mention('E4'))).status).toBe(503);
    bench.stores.deliveries.accept = accept;
    expect((await post(mention('E4'))).status).toBe(200);
  });

  it('delivered as two kinds of event, twice each and at once, is one prompt', async () => {
    const message = mention('E6').replace('"app_mention"', '"message"');
    const sent = [mention('E5'), message, mention('E5'), message];
    const answers = await Promise.all(sent.map((body) => post(body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (let at = 0; at < 20; at += 1) {
      await bench.quiet();
      await bench.clock.advance(100);
    }
    // Nobody wrote this message in the fake, so the answer is refused, and the person told elsewhere.
    const tried = bench.slack.api.calls.filter(
      ({ method, args }) => method === 'chat.postMessage' && args['channel'] === bench.general.id,
    );
    expect(tried).toHaveLength(1);
    expect(bench.stores.agents.prompts).toHaveLength(1);
  });
});
