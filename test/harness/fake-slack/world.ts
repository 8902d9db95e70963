/** The fake Slack with a manual clock, two people, a channel, and an app that only listens. */
import { LogLevel, WebClient } from '@slack/web-api';
import { createManualClock } from '../manual-clock.ts';
import { startFakeSlack, type FakeSlackOptions } from './fake-slack.ts';
import { openReceiver } from './receiver.ts';

/** The client repeats every refusal that a test asks for on stderr. */
const QUIET = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

export type SlackWorld = Awaited<ReturnType<typeof openSlackWorld>>;

export async function openSlackWorld(options: FakeSlackOptions = {}) {
  const clock = createManualClock();
  const slack = await startFakeSlack({ clock, ...options });
  const app = await openReceiver();
  slack.deliverTo(app.url);
  const ann = slack.addPerson('Ann');
  const bob = slack.addPerson('Bob');
  const general = slack.addChannel('general', [ann, bob]);
  const clientFor = (token: string): WebClient =>
    new WebClient(token, {
      slackApiUrl: slack.apiUrl,
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      logger: QUIET,
    });
  return {
    clock,
    slack,
    app,
    ann,
    bob,
    general,
    clientFor,
    client: clientFor(slack.botToken),
    bot: slack.state.install(slack.teamId).botUserId,
    async close() {
      await Promise.all([slack.close(), app.close()]);
      if (slack.broken.length > 0) throw new AggregateError(slack.broken, 'the fake Slack broke');
    },
  };
}

/** Slack's error code of a call that is refused; `ok` when it is not. */
export async function errorOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    const { data, code, message } = error as Error & { data?: { error?: string }; code?: string };
    return data?.error ?? code ?? message;
  }
}
