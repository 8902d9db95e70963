/** Stop, queue and steer; and what becomes of a message that is edited or deleted. */
import { describe, expect, it } from 'vitest';
import { all, heldTurn, holdTurns, showing, stage, until, pass } from './surface.play.ts';
import type { SurfaceUnderTest } from './surface.under-test.ts';

export function describeOrder(surface: SurfaceUnderTest): void {
  describe(`${surface.name}: stop, queue, steer`, () => {
    const { bench, itNeeds, rest } = stage(surface);
    it('stops', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'a long work');
      await heldTurn(bench(), held, 0);
      await bench().command('asker', 'stop');
      await showing(bench(), /stopped/i);
      expect(bench().agents.prompts).toHaveLength(1);
    });

    it('queues what comes while a turn runs, says its place, and does it then', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'first');
      const first = await heldTurn(bench(), held, 0);
      await bench().say('asker', 'second');
      await bench().say('asker', 'third');
      await showing(bench(), /queued.*2|2.*queued|number 2|2nd/is, 10_000);
      first.turn.say('One.');
      first.end();
      const second = await heldTurn(bench(), held, 1);
      expect(second.turn.text).toContain('second');
      second.turn.say('Two.');
      second.end();
      const third = await heldTurn(bench(), held, 2);
      expect(third.turn.text).toContain('third');
      third.turn.say('Three.');
      third.end();
      await showing(bench(), 'Three.');
      const shown = await bench().shown();
      expect(shown).toHaveLength(3);
      const found = ['One.', 'Two.', 'Three.'].map((text) =>
        shown.findIndex((each) => each.includes(text)),
      );
      expect(found).toEqual([0, 1, 2]);
    });

    it('shows that what waits is held back while the queue is paused', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'first');
      const first = await heldTurn(bench(), held, 0);
      await bench().say('asker', 'second');
      await bench().command('asker', 'queue pause');
      await showing(bench(), /number 1 in line, paused/);
      first.end();
      await pass(bench(), 10_000);
      expect(held).toHaveLength(1);
      await bench().command('asker', 'queue resume');
      const second = await heldTurn(bench(), held, 1);
      second.end();
      await rest();
      expect(await all(bench())).not.toMatch(/in line, paused/);
    });

    it('steers: the running turn ends, and this is done next', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'first');
      await heldTurn(bench(), held, 0);
      await bench().command('asker', 'steer look at the tests instead');
      const second = await heldTurn(bench(), held, 1);
      expect(second.turn.text).toContain('look at the tests instead');
      second.turn.say('Looking.');
      second.end();
      await showing(bench(), 'Looking.');
      await showing(bench(), /stopped/i);
    });

    itNeeds(
      ['edit'],
      'takes the new text of a message that is edited before its turn',
      async () => {
        const held = holdTurns(bench());
        await bench().start('asker', 'first');
        const first = await heldTurn(bench(), held, 0);
        const message = await bench().say('asker', 'second as it was');
        await until(bench(), 'it is queued', async () => (await bench().shown()).length === 2);
        await bench().edit(message, 'second as it is now');
        await pass(bench(), 3000);
        first.end();
        const second = await heldTurn(bench(), held, 1);
        expect(second.turn.text).toContain('second as it is now');
        expect(second.turn.text).not.toContain('as it was');
        second.end();
        await rest();
      },
    );

    it('says that it stops while the agent does not hear, and ends it after ten seconds', async () => {
      bench().agents.behave = () => new Promise(() => {});
      await bench().start('asker', 'a long work');
      await until(bench(), 'it runs', () => bench().agents.prompts.length === 1);
      await bench().command('asker', 'stop');
      await showing(bench(), /stopping/i, 9_000);
      await showing(bench(), /stopped/i, 12_000);
    });

    itNeeds(
      ['edit'],
      'leaves a turn alone whose message is edited later, and runs it again with the edit',
      async () => {
        const held = holdTurns(bench());
        const message = await bench().start('asker', 'first');
        const first = await heldTurn(bench(), held, 0);
        await bench().edit(message, 'first, but other');
        await showing(bench(), /edited the message after its turn had begun/);
        first.turn.say('As it was asked.');
        first.end();
        await showing(bench(), 'As it was asked.');
        await pass(bench(), 10_000);
        expect(held).toHaveLength(1);
        await bench().command('asker', 'retry edited');
        const second = await heldTurn(bench(), held, 1);
        expect(second.turn.text).toContain('first, but other');
        await showing(bench(), /runs it again with the edit/);
        expect(await all(bench())).not.toContain('is not used');
        second.end();
        await rest();
      },
    );

    itNeeds(['remove'], 'cancels what is queued when its message is deleted', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'first');
      const first = await heldTurn(bench(), held, 0);
      const message = await bench().say('asker', 'second');
      await until(bench(), 'it is queued', async () => (await bench().shown()).length === 2);
      await bench().remove(message);
      await showing(bench(), /cancelled/i);
      first.end();
      await rest();
      await pass(bench(), 5000);
      expect(held).toHaveLength(1);
    });
  });
}
