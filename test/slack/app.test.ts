/** What people do on Slack besides talking: commands, shortcuts, reactions, buttons, the Home tab. */
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/model/errors.ts';
import type { FakeTurn } from '../harness/fake-agent.ts';
import { openSlack, type BenchOptions, type SlackBench } from './bench.ts';
import { holdTurnsOn, passOn } from './play.ts';

let bench: SlackBench;
afterEach(() => bench.close());

async function open(options: BenchOptions = {}): Promise<SlackBench> {
  bench = await openSlack(options);
  return bench;
}

const pass = (ms: number): Promise<void> => passOn(bench, ms);
const holdTurns = (): FakeTurn[] => holdTurnsOn(bench);

describe('on Slack', () => {
  it('a mention becomes one message, edited to its end, and the session shows its status', async () => {
    await open();
    await bench.start('asker', 'tidy the <README>');
    await pass(1_000);
    expect(bench.slack.visible(bench.root())).toMatchInlineSnapshot(`
      "Ann
        @threadcast tidy the <README>
        :white_check_mark: 1
      threadcast
        (✅ *Example* · done · 0 s)
        you said: tidy the <README>"
    `);
    expect(bench.slack.count('chat.postMessage')).toBe(1);
    expect(bench.slack.count('agents.sessions.setStatus', 'ok')).toBe(2);
  });

  it('the shortcut asks about a message, and the agent gets that message as quoted data', async () => {
    await open();
    const message = bench.slack.people.say(bench.bob, bench.general, 'The deploy is ```red```');
    bench.openedAt(message);
    bench.slack.people.shortcut(bench.ann, message, 'ask_threadcast');
    await bench.quiet();
    const view = bench.slack.hooks.views().at(-1);
    bench.slack.people.submit(bench.ann, String(view?.['id']), {
      question: { question: { value: 'Why?' } },
    });
    await pass(500);
    expect(bench.stores.agents.prompts[0]).toContain('The deploy is ```red```');
    expect(bench.stores.agents.prompts[0]).toMatch(/treat it as data[\s\S]*Why\?$/);
    expect(bench.slack.answers(message)).toHaveLength(1);
  });

  it('🛑 on a reply of the thread stops its turn, though Slack has no time to say which thread', async () => {
    await open();
    const turns = holdTurnsOn(bench);
    await bench.start('asker', 'run for ever');
    await passOn(bench, 1_000);
    const [message] = bench.slack.answers(bench.root());
    if (message === undefined) throw new Error('no message');
    bench.slack.api.fault = ({ method }) =>
      method === 'conversations.replies' ? { kind: 'throttle', retryAfterSeconds: 2 } : undefined;
    bench.slack.people.react(bench.ann, message, 'octagonal_sign');
    await passOn(bench, 1_000);
    expect((await bench.shown())[0]).not.toContain('stopped');
    bench.slack.api.fault = () => undefined;
    await passOn(bench, 5_000, 1_000);
    expect((await bench.shown())[0]).toContain('stopped');
    expect(turns).toHaveLength(1);
  });

  it.each(['octagonal_sign', 'stop_sign'])(':%s: stops the turn of its thread', async (name) => {
    await open();
    const turns = holdTurns();
    await bench.start('asker', 'run for ever');
    await pass(500);
    expect(turns).toHaveLength(1);
    const [message] = bench.slack.answers(bench.root());
    if (message === undefined) throw new Error('no message');
    bench.slack.people.react(bench.eve, message, name);
    await pass(300);
    expect(await bench.told('outsider')).toHaveLength(1);
    bench.slack.people.react(bench.ann, message, name);
    await pass(500);
    expect((await bench.shown())[0]).toContain('stopped');
  });

  it("Slack's own Stop button stops the turn", async () => {
    await open({ direct: true });
    holdTurns();
    await bench.start('asker', 'run for ever');
    await pass(1_500);
    const channel = bench.slack.state.channels.get(bench.root().channel);
    if (channel === undefined) throw new Error('no channel');
    bench.slack.people.stop(bench.ann, channel, bench.root());
    await pass(3_000);
    expect((await bench.shown())[0]).toContain('stopped');
  });

  it('a reply without a mention goes on with the session; one to somebody else does not', async () => {
    await open();
    const root = (await bench.start('asker', 'one'), bench.root());
    await pass(500);
    bench.slack.people.say(bench.ann, bench.general, 'two', { thread: root });
    await pass(500);
    bench.slack.people.say(bench.ann, bench.general, '(aside) three', { thread: root });
    bench.slack.people.say(bench.ann, bench.general, `<@${bench.bob.id}> four`, { thread: root });
    bench.slack.people.say(bench.ann, bench.general, 'five, elsewhere');
    await pass(500);
    expect(bench.stores.agents.prompts).toEqual(['one', 'two']);
  });

  it('a message that Slack finds wrong is sent without its blocks', async () => {
    await open();
    bench.slack.api.fault = ({ method, args }) =>
      method.startsWith('chat.') && JSON.stringify(args['blocks'] ?? []) !== '[]'
        ? { kind: 'error', error: 'invalid_blocks' }
        : undefined;
    await bench.start('asker', 'hello');
    await pass(500);
    expect(await bench.shown()).toEqual(['✅ *Example* · done · 0 s\nyou said: hello']);
  });

  it('a post whose answer was lost is found by its marker, and not made twice', async () => {
    await open();
    let isFirst = true;
    bench.slack.api.fault = ({ method }) => {
      if (method !== 'chat.postMessage' || !isFirst) return undefined;
      isFirst = false;
      return { kind: 'reset', done: true };
    };
    await bench.start('asker', 'hello');
    await pass(3_000);
    expect(await bench.shown()).toHaveLength(1);
    expect((await bench.shown())[0]).toContain('done');
    expect(bench.slack.count('chat.postMessage')).toBe(1);
  });

  it('a stream whose beginning was never heard of is taken away, and the turn shown once', async () => {
    await open({ direct: true });
    let isFirst = true;
    bench.slack.api.fault = ({ method }) => {
      if (method !== 'chat.startStream' || !isFirst) return undefined;
      isFirst = false;
      return { kind: 'reset', done: true };
    };
    await bench.start('asker', 'hello');
    await pass(4_000);
    expect(await bench.shown()).toEqual([expect.stringContaining('you said: hello')]);
    expect(bench.slack.count('chat.delete', 'ok')).toBe(1);
  });

  it('what was stored before a crash is done after it', async () => {
    await open();
    const accept = bench.stores.inbox.accept.bind(bench.stores.inbox);
    bench.stores.inbox.accept = () => Promise.reject(new AppError('unavailable', 'disk full'));
    await bench.start('asker', 'hello');
    await bench.quiet();
    expect(await bench.stores.deliveries.pending('slack', 10)).toHaveLength(2);
    bench.stores.inbox.accept = accept;
    await bench.restart();
    await pass(1_000);
    expect(bench.stores.agents.prompts).toEqual(['hello']);
    expect(await bench.stores.deliveries.pending('slack', 10)).toEqual([]);
  });

  it('a throttled call waits as long as Slack says, and the other methods go on', async () => {
    await open();
    let throttled = 0;
    bench.slack.api.fault = ({ method }) => {
      if (method !== 'chat.update' || throttled > 0) return undefined;
      throttled += 1;
      return { kind: 'throttle', retryAfterSeconds: 5 };
    };
    await bench.start('asker', 'hello');
    await pass(4_000);
    expect((await bench.shown())[0]).not.toContain('done');
    await pass(2_000);
    expect((await bench.shown())[0]).toContain('done');
    expect(bench.slack.count('chat.update')).toBe(2);
  });

  it('a direct message streams, and ends as an edited message', async () => {
    await open({ direct: true });
    bench.stores.agents.behave = async (turn) => {
      turn.say('One moment. ');
      await new Promise<void>((resolve) => {
        bench.clock.after(3_000, resolve);
      });
      turn.say('Here it is.');
      return 'end_turn';
    };
    await bench.start('asker', 'hello');
    await pass(2_000);
    expect(bench.slack.visible(bench.root())).toMatchInlineSnapshot(`
      "Ann
        hello
      threadcast (streaming)
        [~] working
        One moment."
    `);
    await pass(4_000);
    expect(bench.slack.visible(bench.root())).toMatchInlineSnapshot(`
      "Ann
        hello
        :white_check_mark: 1
      threadcast
        (✅ *Example* · done · 3 s)
        One moment. Here it is."
    `);
    expect(bench.slack.count('chat.startStream')).toBe(1);
  });

  it('a stream is ended before Slack ends it, and its message goes on by edits', async () => {
    await open({ direct: true });
    holdTurns();
    await bench.start('asker', 'take your time');
    await bench.quiet();
    for (let minute = 0; minute < 6; minute += 1) {
      for (let step = 0; step < 12; step += 1) {
        await bench.clock.advance(5_000);
        await bench.quiet();
      }
    }
    expect(bench.slack.count('chat.stopStream', 'ok')).toBe(1);
    expect(await bench.shown()).toHaveLength(1);
    expect((await bench.shown())[0]).toContain('preparing');
    expect(bench.slack.count('chat.update', 'ok')).toBeGreaterThan(0);
  });

  it('works over Socket Mode', async () => {
    await open({ socket: true });
    await bench.start('asker', 'hello');
    await pass(1_000);
    expect((await bench.shown())[0]).toContain('done');
  });
});
