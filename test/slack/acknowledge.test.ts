/** How Slack shows that something was heard, goes on, and has ended: status and reactions. */
import { afterEach, describe, expect, it } from 'vitest';
import { openSlack, type BenchOptions, type SlackBench } from './bench.ts';
import { holdTurnsOn, passOn, reactionsOn, refuse } from './play.ts';

let bench: SlackBench;
afterEach(() => bench.close());

const open = async (options: BenchOptions = {}): Promise<void> => {
  bench = await openSlack(options);
};
const statusOf = (): string | undefined =>
  bench.slack.statuses.of(bench.root().channel, bench.root().ts);

describe('the reaction on what asked for a turn', () => {
  it.each([
    { ending: 'done', mark: 'white_check_mark' },
    { ending: 'failed', mark: 'x' },
  ])('a turn that is $ending ends with :$mark:, once', async ({ ending, mark }) => {
    await open();
    if (ending === 'failed') {
      bench.stores.agents.behave = async (turn) => {
        turn.crash();
        return new Promise(() => {});
      };
    }
    await bench.start('asker', 'hello');
    await passOn(bench, 2_000);
    expect(reactionsOn(bench.root())).toEqual([mark]);
    expect(bench.slack.count('reactions.add')).toBe(1);
    await bench.restart();
    await passOn(bench, 2_000);
    expect(bench.slack.count('reactions.add')).toBe(1);
  });

  it('each message of a thread gets its own, a stopped one ❌', async () => {
    await open();
    const turns = holdTurnsOn(bench);
    await bench.start('asker', 'one');
    await passOn(bench, 500);
    const second = bench.slack.people.say(bench.ann, bench.general, 'two', {
      thread: bench.root(),
    });
    await passOn(bench, 500);
    bench.stores.agents.behave = async () => 'end_turn';
    await bench.command('asker', 'stop');
    await passOn(bench, 1_000);
    expect(turns).toHaveLength(1);
    expect(reactionsOn(bench.root())).toEqual(['x']);
    expect(reactionsOn(second)).toEqual(['white_check_mark']);
  });

  it('its message is found again after a restart, also when it was edited', async () => {
    await open();
    holdTurnsOn(bench);
    await bench.start('asker', 'one');
    await passOn(bench, 500);
    const second = await bench.say('asker', 'two');
    await passOn(bench, 300);
    await bench.edit(second, 'two, but better');
    await passOn(bench, 300);
    bench.stores.agents.behave = async () => 'end_turn';
    await bench.restart();
    await passOn(bench, 2_000);
    expect(reactionsOn(bench.root())).toEqual(['x']);
    const edited = bench.slack.state.message(bench.general.id, second.id);
    expect(edited && reactionsOn(edited)).toEqual(['white_check_mark']);
  });

  it('a message that is gone, or that nobody may react to, costs nothing', async () => {
    await open();
    bench.slack.api.fault = refuse('reactions.add')('thread_locked');
    await bench.start('asker', 'hello');
    await passOn(bench, 30_000, 500);
    expect((await bench.shown())[0]).toContain('done');
    expect(bench.slack.count('reactions.add')).toBe(1);
    expect(bench.stores.lines).toEqual([]);
  });
});

describe("the status of a thread's session", () => {
  it('is there at once, waits with a request, and ends with the turn and the session', async () => {
    await open();
    const seen: (string | undefined)[] = [];
    bench.stores.agents.behave = async (turn) => {
      await new Promise<void>((resolve) => {
        bench.clock.after(2_000, resolve);
      });
      await turn.ask('Write notes.txt');
      return 'end_turn';
    };
    await bench.start('asker', 'write');
    await passOn(bench, 1_000);
    seen.push(statusOf());
    await passOn(bench, 2_000);
    seen.push(statusOf());
    const [deny] = (await bench.buttons()).filter(({ label }) => label === 'Deny');
    if (deny === undefined) throw new Error('no button');
    await bench.press('asker', deny);
    await passOn(bench, 1_000);
    seen.push(statusOf());
    await bench.command('asker', 'close');
    await passOn(bench, 2_000);
    seen.push(statusOf());
    expect(seen).toEqual(['processing', 'suspended', 'active', 'closed']);
  });

  it('does not stay when the answer is no turn', async () => {
    await open();
    await bench.start('asker', 'help');
    await passOn(bench, 1_000);
    expect(await bench.shown()).toHaveLength(1);
    expect(statusOf()).not.toBe('processing');
  });

  it('stays while a turn runs that somebody asks about', async () => {
    await open();
    holdTurnsOn(bench);
    await bench.start('asker', 'run for ever');
    await passOn(bench, 1_000);
    await bench.command('asker', 'status');
    await passOn(bench, 1_000);
    expect(await bench.shown()).toHaveLength(2);
    expect(statusOf()).toBe('processing');
  });

  it('is shown anew before Slack takes it back after an hour', async () => {
    await open();
    const turns = holdTurnsOn(bench);
    await bench.start('asker', 'run for an hour and more');
    await passOn(bench, 1_000);
    for (let minutes = 0; minutes < 65; minutes += 5) {
      turns[0]?.say('Still at it. ');
      await passOn(bench, 5 * 60_000, 5 * 60_000);
    }
    expect(statusOf()).toBe('processing');
    expect(bench.slack.count('agents.sessions.setStatus', 'ok')).toBe(2);
  });

  it('falls back to the status line where the app is no agent, and remembers it', async () => {
    await open();
    bench.slack.statuses.isAgent = false;
    holdTurnsOn(bench);
    await bench.start('asker', 'hello');
    await bench.quiet();
    const line = (): string => bench.slack.statuses.line(bench.root().channel, bench.root().ts);
    expect(line()).toBe('is working…');
    await bench.command('asker', 'stop');
    await passOn(bench, 1_000);
    expect(line()).toBe('');
    expect(bench.slack.count('agents.sessions.setStatus')).toBe(1);
    expect(reactionsOn(bench.root())).toEqual(['x']);
  });

  it('falls back to 👀 where there is neither, which goes when the turn has ended', async () => {
    await open();
    bench.slack.api.fault = refuse(
      'agents.sessions.setStatus',
      'assistant.threads.setStatus',
    )('missing_scope');
    holdTurnsOn(bench);
    await bench.start('asker', 'hello');
    await passOn(bench, 500);
    expect(reactionsOn(bench.root())).toEqual(['eyes']);
    await bench.command('asker', 'stop');
    await passOn(bench, 1_000);
    expect(reactionsOn(bench.root())).toEqual(['x']);
    expect(bench.slack.count('agents.sessions.setStatus')).toBe(1);
    expect(bench.slack.count('assistant.threads.setStatus')).toBe(1);
    expect(bench.stores.lines).toEqual([]);
  });

  it('a thread that takes none does not switch it off for the others', async () => {
    await open();
    let isFirst = true;
    bench.slack.api.fault = ({ method }) => {
      if (method !== 'agents.sessions.setStatus' || !isFirst) return undefined;
      isFirst = false;
      return { kind: 'error', error: 'thread_ts_not_allowed' };
    };
    await bench.start('asker', 'one');
    await passOn(bench, 1_000);
    await bench.start('asker', 'two');
    await passOn(bench, 1_000);
    expect(statusOf()).toBe('active');
    expect(bench.slack.count('assistant.threads.setStatus')).toBe(0);
  });
});
