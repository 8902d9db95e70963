/** People who may do nothing, and servers that are started again. */
import { describe, expect, it } from 'vitest';
import { button, heldTurn, holdTurns, showing, stage, until, pass } from './surface.play.ts';
import type { SurfaceUnderTest } from './surface.under-test.ts';

export function describeRestart(surface: SurfaceUnderTest): void {
  describe(`${surface.name}: people who may not`, () => {
    const { bench, itNeeds } = stage(surface);
    itNeeds(['outsiderSpeaks'], 'runs nothing for them, and says so once', async () => {
      const held = holdTurns(bench());
      await bench().start('outsider', 'delete everything');
      await until(
        bench(),
        'it is said',
        async () => (await bench().shown()).length + (await bench().told('outsider')).length > 0,
      );
      await bench().say('outsider', 'please');
      await pass(bench(), 10_000);
      expect(held).toEqual([]);
      const count = (await bench().shown()).length + (await bench().told('outsider')).length;
      expect(count).toBe(surface.showsRequests === true ? 2 : 1);
    });
  });

  describe(`${surface.name}: closed sessions`, () => {
    const { bench } = stage(surface);
    it.each([
      [true, /taken it up where it was/],
      [false, /given what was said before/],
    ])('are taken up by a message, which says how (the agent can load: %s)', async (can, how) => {
      bench().agents.canLoad = can;
      const held = holdTurns(bench());
      await bench().start('asker', 'first');
      const first = await heldTurn(bench(), held, 0);
      first.turn.say('One.');
      first.end();
      await showing(bench(), 'One.');
      await bench().command('asker', 'close');
      await showing(bench(), /closed/i);
      await bench().say('asker', 'second');
      const second = await heldTurn(bench(), held, 1);
      expect(second.turn.text.includes('One.')).toBe(!can);
      second.end();
      await showing(bench(), how);
    });
  });

  describe(`${surface.name}: restart`, () => {
    const { bench, itNeeds, ask } = stage(surface);
    it('shows a turn that it cut off as interrupted, once, and goes on with the next', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'first');
      const first = await heldTurn(bench(), held, 0);
      first.turn.say('Half of ');
      await showing(bench(), 'Half of', 30_000);
      await bench().restart();
      await showing(bench(), /interrupted/i);
      await bench().say('asker', 'go on');
      const second = await heldTurn(bench(), held, 1);
      second.turn.say('The rest.');
      second.end();
      await showing(bench(), 'The rest.');
      expect(await bench().shown()).toHaveLength(2);
    });

    itNeeds(
      ['press'],
      'closes a request whose agent it ended, and says so to who presses',
      async () => {
        await ask();
        const allow = await button(bench(), 'Allow once');
        await bench().restart();
        await until(bench(), 'no buttons', async () => (await bench().buttons()).length === 0);
        await showing(bench(), 'the agent that asked is gone');
        await bench().press('maintainer', allow);
        await until(bench(), 'told', async () => (await bench().told('maintainer')).length > 0);
      },
    );

    it('says that an agent which cannot load its session was told what was said before', async () => {
      const held = holdTurns(bench());
      bench().agents.canLoad = false;
      await bench().start('asker', 'first');
      const first = await heldTurn(bench(), held, 0);
      first.turn.say('One.');
      first.end();
      await showing(bench(), 'One.');
      await bench().restart();
      await bench().say('asker', 'second');
      const second = await heldTurn(bench(), held, 1);
      expect(second.turn.text).toContain('One.');
      second.turn.say('Two.');
      second.end();
      await showing(bench(), 'Two.');
      await showing(bench(), 'was given what was said before');
    });

    it('does what was queued', async () => {
      const held = holdTurns(bench());
      await bench().start('asker', 'first');
      await heldTurn(bench(), held, 0);
      await bench().say('asker', 'second');
      await until(bench(), 'it is queued', async () => (await bench().shown()).length === 2);
      await bench().restart();
      const second = await heldTurn(bench(), held, 1);
      expect(second.turn.text).toContain('second');
      second.turn.say('After all.');
      second.end();
      await showing(bench(), 'After all.');
    });
  });
}
