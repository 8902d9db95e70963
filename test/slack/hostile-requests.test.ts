/** What posts to `/slack/events` without being Slack. */
import { describeHostileRequests } from '../contracts/hostile-requests.ts';
import { sign } from '../../src/slack/receive/signature.ts';
import { openSlack } from './bench.ts';

describeHostileRequests('Slack', async () => {
  const bench = await openSlack();
  const { slack, stores, clock, ann, general } = bench;
  slack.courier.fault = () => ({ kind: 'drop' });
  slack.people.say(ann, general, '@threadcast mend the totals');
  const genuine = JSON.stringify(slack.courier.deliveries.at(-1)?.payload);
  await bench.quiet();
  return {
    clock,
    path: '/slack/events',
    handle: async (request) =>
      (await bench.app()?.handle(request)) ?? new Response('', { status: 503 }),
    sign: (body) => {
      const timestamp = String(Math.floor(clock.now() / 1_000));
      return {
        'content-type': 'application/json',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': sign(slack.signingSecret, timestamp, body.toString('utf8')),
      };
    },
    genuine,
    largest: 1024 * 1024,
    effects: async () => ({
      pending: await stores.deliveries.pending('slack', 100),
      prompts: [...stores.agents.prompts],
      rows: stores.outbox.rows().length,
      calls: slack.api.calls.length,
    }),
    close: bench.close,
  };
});
