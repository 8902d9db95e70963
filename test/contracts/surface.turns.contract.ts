/** What people see of turns: at once, streamed, with plan and steps, long, failed, delivered twice. */
import { describe, expect, it } from 'vitest';
import { all, heldTurn, holdTurns, showing, stage, until, pass } from './surface.play.ts';
import type { SurfaceUnderTest } from './surface.under-test.ts';

export function describeTurns(surface: SurfaceUnderTest): void {
  describe(`${surface.name}: turns`, () => {
    const { bench, itNeeds, rest } = stage(surface);
    it('shows one message within three seconds, and the answer in it', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'what is in here?');
      await until(bench(), 'one message', async () => (await bench().shown()).length === 1, 3000);
      const { turn, end } = await heldTurn(bench(), held, 0);
      expect(bench().agents.prompts.join('')).toContain('what is in here?');
      turn.say('There is a README.');
      end();
      await showing(bench(), 'There is a README.');
      await showing(bench(), /done|✅|🎉/i);
      expect(await bench().shown()).toHaveLength(1);
    });

    it('streams: what the agent said is shown before it has finished', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'tell me a story');
      const { turn, end } = await heldTurn(bench(), held, 0);
      turn.say('Once upon a time');
      await showing(bench(), 'Once upon a time', 30_000);
      turn.say(' there was a bug.');
      end();
      await showing(bench(), 'Once upon a time there was a bug.');
      expect(await bench().shown()).toHaveLength(1);
    });

    it('shows the plan, and how far it got', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'do it in steps');
      const { turn, end } = await heldTurn(bench(), held, 0);
      const plan = (...statuses: readonly string[]): void =>
        turn.update({
          sessionUpdate: 'plan',
          entries: ['Read the tests', 'Mend the code'].map((content, index) => ({
            content,
            priority: 'medium',
            status: statuses[index],
          })),
        });
      plan('in_progress', 'pending');
      await showing(bench(), 'Read the tests', 30_000);
      const before = await all(bench());
      plan('completed', 'completed');
      end();
      await showing(bench(), /done|✅|🎉/i);
      const after = await all(bench());
      expect(after).toContain('Mend the code');
      expect(after).not.toBe(before);
    });

    it('shows a tool call by its title', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'run the tests');
      const { turn, end } = await heldTurn(bench(), held, 0);
      const call = { toolCallId: 'c1', title: 'npm test', kind: 'execute' };
      turn.update({ sessionUpdate: 'tool_call', status: 'in_progress', ...call });
      await showing(bench(), 'npm test', 30_000);
      turn.update({ sessionUpdate: 'tool_call_update', status: 'failed', toolCallId: 'c1' });
      turn.say('They fail.');
      end();
      await showing(bench(), 'They fail.');
      expect(await all(bench())).toContain('npm test');
    });

    it('shows a long answer whole and in order', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'count');
      const { turn, end } = await heldTurn(bench(), held, 0);
      const lines = Array.from(
        { length: Math.floor(surface.longAnswer / 50) },
        (_, index) => `Paragraph ${String(index).padStart(5, '0')} of the answer, in full length.`,
      );
      turn.say(lines.join('\n\n'));
      end();
      await showing(bench(), lines.at(-1) ?? '', 300_000);
      await rest();
      const numbers = [...(await all(bench())).matchAll(/Paragraph (\d+)/g)].map(([, at]) =>
        Number(at),
      );
      expect(numbers).toEqual(lines.map((_line, index) => index));
    });

    it('says why a turn failed, and takes the next message all the same', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'break');
      const { turn } = await heldTurn(bench(), held, 0);
      turn.crash();
      await showing(bench(), /failed|❌|😕/i);
      expect(await all(bench())).toMatch(/exited|boom/);
      await bench().say('asker', 'again');
      const second = await heldTurn(bench(), held, 1);
      second.turn.say('Now it works.');
      second.end();
      await showing(bench(), 'Now it works.');
    });

    itNeeds(['marks'], 'marks the message itself with how its turn ended, once', async () => {
      const held = holdTurns(bench());
      const first = await bench().start('asker', 'one');
      const one = await heldTurn(bench(), held, 0);
      expect(await bench().marks(first)).toEqual([]);
      const second = await bench().say('asker', 'two');
      one.end();
      const two = await heldTurn(bench(), held, 1);
      two.turn.crash();
      const marked = async (): Promise<boolean> => (await bench().marks(second)).length > 0;
      await until(bench(), 'both are marked', marked);
      await bench().restart();
      await pass(bench(), 10_000);
      expect([await bench().marks(first), await bench().marks(second)]).toEqual([['ok'], ['bad']]);
    });

    itNeeds(['deliverAgain'], 'takes a message that is delivered twice for one', async () => {
      const held = holdTurns(bench());
      const message = await bench().start('asker', 'once');
      const { turn, end } = await heldTurn(bench(), held, 0);
      await bench().deliverAgain(message);
      turn.say('Done once.');
      end();
      await showing(bench(), 'Done once.');
      await bench().deliverAgain(message);
      await rest();
      await pass(bench(), 10_000);
      expect(held).toHaveLength(1);
      expect(await bench().shown()).toHaveLength(1);
    });
  });
}
