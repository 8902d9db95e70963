/** What Slack refuses is shown more plainly, elsewhere, or settled; nothing is tried for ever. */
import { afterEach, describe, expect, it } from 'vitest';
import { openSlack, type BenchOptions, type SlackBench } from './bench.ts';
import { holdTurnsOn, passOn, refuse } from './play.ts';

let bench: SlackBench;
afterEach(() => bench.close());

const open = async (options: BenchOptions = {}): Promise<void> => {
  bench = await openSlack(options);
};

/** A turn with a plan and a failed step. */
function work(): void {
  bench.stores.agents.behave = async (turn) => {
    const plan = ['Read the tests', 'Mend the code'].map((content, index) => ({
      content,
      priority: 'medium',
      status: index === 0 ? 'completed' : 'in_progress',
    }));
    turn.update({ sessionUpdate: 'plan', entries: plan });
    const call = { toolCallId: 'c1', title: 'npm test', kind: 'execute' };
    turn.update({ sessionUpdate: 'tool_call', status: 'in_progress', ...call });
    const text = '2 of 40 tests fail <!channel>';
    turn.update({
      sessionUpdate: 'tool_call_update',
      toolCallId: 'c1',
      status: 'failed',
      content: [{ type: 'content', content: { type: 'text', text } }],
    });
    turn.say('Two tests fail.');
    return 'end_turn';
  };
}

describe('plan and steps', () => {
  it("fold in Slack's own blocks when the turn has ended", async () => {
    await open();
    work();
    await bench.start('asker', 'mend it');
    await passOn(bench, 1_000);
    expect((await bench.shown())[0]).toMatchInlineSnapshot(`
      "(✅ *Example* · done · 0 s)
      Two tests fail.
      Plan: 1 of 2 done
      [x] Read the tests
      [ ] Mend the code
      1 step
      [!] 💻 npm test (2 of 40 tests fail <!channel>)"
    `);
  });

  it('are lines where Slack knows no such blocks, which is remembered', async () => {
    await open();
    work();
    bench.slack.api.fault = ({ args }) =>
      JSON.stringify(args['blocks'] ?? []).includes('"plan"')
        ? { kind: 'error', error: 'invalid_blocks' }
        : undefined;
    await bench.start('asker', 'mend it');
    await passOn(bench, 1_000);
    expect((await bench.shown())[0]).toMatchInlineSnapshot(`
      "(✅ *Example* · done · 0 s)
      Two tests fail.
      *Plan: 1 of 2 done*
      ✅ Read the tests
      ▫️ Mend the code
      *1 step*
      ❌ 💻 npm test"
    `);
    await bench.say('asker', 'once more');
    await passOn(bench, 1_000);
    const refused = bench.slack.api.calls.filter(({ outcome }) => outcome === 'invalid_blocks');
    expect(refused).toHaveLength(1);
  });

  it('are lines while the turn goes on: an edit would fold the blocks', async () => {
    await open();
    const turns = holdTurnsOn(bench);
    await bench.start('asker', 'mend it');
    await passOn(bench, 500);
    const entries = [{ content: 'Read the tests', priority: 'medium', status: 'in_progress' }];
    turns[0]?.update({ sessionUpdate: 'plan', entries });
    await passOn(bench, 4_000);
    const [message] = bench.slack.answers(bench.root());
    expect(message?.blocks.map(({ type }) => type)).toEqual(['context', 'section']);
  });
});

describe('a stream of a direct message', () => {
  it.each(['message_not_in_streaming_state', 'internal_error'])(
    'that ends with %s goes on by edits of the same message',
    async (error) => {
      await open({ direct: true });
      const turns = holdTurnsOn(bench);
      await bench.start('asker', 'tell me a story');
      await passOn(bench, 500);
      bench.slack.api.fault = refuse('chat.appendStream')(error);
      turns[0]?.say('Once upon a time');
      await passOn(bench, 3_000);
      turns[0]?.say(' there was a bug.');
      await passOn(bench, 3_000);
      expect(await bench.shown()).toEqual([expect.stringContaining('Once upon a time there was')]);
      expect(bench.slack.count('chat.startStream')).toBe(1);
      expect(bench.slack.count('chat.appendStream')).toBe(1);
    },
  );

  it('that lives on after a restart is ended, and its message edited', async () => {
    await open({ direct: true });
    const turns = holdTurnsOn(bench);
    await bench.start('asker', 'tell me a story');
    await passOn(bench, 500);
    turns[0]?.say('Once upon a time');
    await passOn(bench, 2_000);
    bench.slack.api.fault = refuse('chat.update')('streaming_state_conflict');
    await bench.restart();
    await passOn(bench, 300);
    bench.slack.api.fault = () => undefined;
    await passOn(bench, 20_000, 500);
    expect(await bench.shown()).toEqual([expect.stringMatching(/interrupted[\s\S]*Once upon/)]);
    const [message] = bench.slack.answers(bench.root());
    expect(message?.stream).toBeNull();
  });
});

describe('what cannot be said', () => {
  const posts = (channel: string) =>
    bench.slack.api.calls.filter(
      ({ method, args }) => method === 'chat.postMessage' && args['channel'] === channel,
    );

  it.each([
    { error: 'is_archived', times: 1 },
    { error: 'channel_not_found', times: 1 },
    { error: 'restricted_action', times: 1 },
    { error: 'account_inactive', times: 0 },
  ])(
    '$error: is tried once, told $times times elsewhere, and the turn ends all the same',
    async ({ error, times }) => {
      await open();
      bench.slack.api.fault = ({ method, args }) =>
        method === 'chat.postMessage' && args['channel'] === bench.general.id
          ? { kind: 'error', error }
          : undefined;
      await bench.start('asker', 'hello');
      await passOn(bench, 120_000, 10_000);
      expect(bench.stores.agents.prompts).toEqual(['hello']);
      expect(posts(bench.general.id)).toHaveLength(1);
      const given = bench.stores.lines.filter(({ level }) => level === 'error');
      expect(JSON.stringify(given)).toContain(error);
      const told = posts(bench.ann.id).map(({ args }) => args['text']);
      expect(told.join()).toContain(times === 0 ? '' : `(${error})`);
      await bench.say('asker', 'once more');
      await passOn(bench, 2_000);
      expect(posts(bench.ann.id)).toHaveLength(times);
      bench.slack.api.fault = () => undefined;
      await bench.say('asker', 'are you there?');
      await passOn(bench, 1_000);
      expect((await bench.shown()).at(-1)).toContain('you said: are you there?');
    },
  );

  it('a message that somebody deleted is posted anew, once', async () => {
    await open();
    const turns = holdTurnsOn(bench);
    await bench.start('asker', 'tell me a story');
    await passOn(bench, 500);
    const [message] = bench.slack.answers(bench.root());
    if (message === undefined) throw new Error('no message');
    bench.slack.people.remove(message);
    turns[0]?.say('Once upon a time');
    await passOn(bench, 5_000);
    expect(await bench.shown()).toEqual([expect.stringContaining('Once upon a time')]);
    expect(bench.slack.count('chat.postMessage')).toBe(2);
  });
});

describe("Slack's own Stop button", () => {
  it('is no right: who may not stop is told, and the thread is shown as working again', async () => {
    await open();
    holdTurnsOn(bench);
    await bench.start('asker', 'run for ever');
    await passOn(bench, 1_000);
    bench.slack.statuses.set(bench.root().channel, bench.root().ts, 'active');
    bench.slack.people.stop(bench.eve, bench.general, bench.root());
    await passOn(bench, 1_000);
    expect(await bench.told('outsider')).toEqual([expect.stringContaining('Sorry')]);
    expect((await bench.shown())[0]).not.toContain('stopped');
    expect(bench.slack.statuses.of(bench.root().channel, bench.root().ts)).toBe('processing');
  });
});
