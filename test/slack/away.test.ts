/** A server that starts while Slack is away or refuses a token, and one that loses its connection. */
import { afterEach, describe, expect, it } from 'vitest';
import type { CallFault } from '../harness/fake-slack/web-api.ts';
import { openSlack, type BenchOptions, type SlackBench } from './bench.ts';

let bench: SlackBench;
afterEach(() => bench.close());

/** Calls of these methods (of any, without a list) meet `fault` until it is taken away. */
async function openAway(fault: CallFault, methods: readonly string[], more: BenchOptions = {}) {
  let away = true;
  const isMet = (method: string): boolean => methods.length === 0 || methods.includes(method);
  bench = await openSlack({
    ...more,
    fault: ({ method }) => (away && isMet(method) ? fault : undefined),
  });
  return (isAway: boolean): void => {
    away = isAway;
  };
}

const standing = () => bench.app()?.standing();
const until = (done: () => boolean | Promise<boolean>): Promise<void> =>
  bench.clock.until(
    async () => {
      await bench.quiet();
      return done();
    },
    600_000,
    500,
  );

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5_000) {
    await bench.quiet();
    await bench.clock.advance(5_000);
  }
}

const answered = async (): Promise<boolean> =>
  (await bench.shown()).some((text) => text.includes('done'));

describe('a server that starts over HTTP', () => {
  it.each<{ what: string; fault: CallFault; says: string }>([
    {
      what: 'while Slack refuses its token',
      fault: { kind: 'error', error: 'invalid_auth' },
      says: 'Slack refuses SLACK_BOT_TOKEN: invalid_auth. Set SLACK_BOT_TOKEN to the Bot User OAuth Token of the page OAuth & Permissions.',
    },
    {
      what: 'while Slack cannot be reached',
      fault: { kind: 'reset' },
      says: 'It is asked again; check the network, a proxy and https://slack-status.com.',
    },
    {
      what: 'while Slack is in trouble itself',
      fault: { kind: 'status', status: 503 },
      says: 'It is asked again; check the network, a proxy and https://slack-status.com.',
    },
  ])('$what stores what is said, and answers when that is mended', async ({ fault, says }) => {
    const setAway = await openAway(fault, []);
    expect(standing()).toEqual({ state: 'away', says: expect.stringContaining(says) });
    await bench.start('asker', 'hello');
    await pass(120_000);
    expect((await bench.stores.deliveries.pending('slack', 10)).length).toBeGreaterThan(0);
    expect(bench.slack.courier.deliveries.map(({ state }) => state)).not.toContain('lost');
    const told = bench.stores.lines.filter(({ message }) => message.includes(says));
    expect(told).toHaveLength(1);
    setAway(false);
    await until(answered);
    expect(standing()?.state).toBe('ready');
  });
});

describe('a server in Socket Mode', () => {
  const socket: BenchOptions = { socket: true };

  it('says which token is wrong, and connects when it is right', async () => {
    const fault = { kind: 'error', error: 'not_allowed_token_type' } as const;
    const setAway = await openAway(fault, ['apps.connections.open'], socket);
    expect(standing()).toMatchInlineSnapshot(`
      {
        "says": "Slack refuses SLACK_APP_TOKEN: not_allowed_token_type. Make one under Basic Information, App-Level Tokens, with the scope connections:write, and switch Socket Mode on.",
        "state": "away",
      }
    `);
    setAway(false);
    await until(() => bench.slack.sockets.connections() === 1);
    await bench.start('asker', 'hello');
    await until(answered);
  });

  it('comes back by itself when the connection is cut while Slack is away', async () => {
    const setAway = await openAway({ kind: 'reset' }, ['apps.connections.open'], socket);
    setAway(false);
    await until(() => bench.slack.sockets.connections() === 1);
    setAway(true);
    bench.slack.sockets.cut();
    await until(() => standing()?.state === 'away');
    await pass(60_000);
    await bench.start('asker', 'hello');
    await pass(30_000);
    setAway(false);
    await until(() => bench.slack.sockets.connections() === 1);
    await until(answered);
    expect(standing()?.state).toBe('ready');
  });

  it('takes the hourly renewal of its connection for nothing worth a line', async () => {
    bench = await openSlack(socket);
    bench.slack.sockets.disconnect('refresh_requested');
    await until(() => bench.slack.count('apps.connections.open') === 2);
    await until(() => bench.slack.sockets.connections() === 1);
    await bench.start('asker', 'hello');
    await until(answered);
    expect(bench.stores.lines).toEqual([]);
  });
});
