/** Permission requests: answered once, by who may, while they are open; and told to who is late. */
import { describe, expect, it } from 'vitest';
import { all, button, showing, stage, until, pass } from './surface.play.ts';
import type { SurfaceUnderTest } from './surface.under-test.ts';

export function describePermission(surface: SurfaceUnderTest): void {
  describe(`${surface.name}: permission requests`, () => {
    const { bench, itNeeds, ask } = stage(surface);
    it('shows what is asked, with its options and a code', async () => {
      await ask('Write notes.txt');
      await showing(bench(), 'Write notes.txt', 3000);
      const [request] = await bench().stores.memory.sessions.pendingPermissions();
      expect(await all(bench())).toContain(request?.code ?? 'no code');
      const labels = (await bench().buttons()).map(({ label }) => label);
      expect(labels).toEqual(['Allow once', 'Deny']);
    });

    itNeeds(['press'], 'is allowed by a press, and shows who did it', async () => {
      const { answers, turn, end } = await ask();
      await bench().press('maintainer', await button(bench(), 'Allow once'));
      await until(bench(), 'the agent has its answer', () => answers.length === 1);
      expect(answers).toEqual([{ outcome: 'selected', optionId: 'yes' }]);
      await showing(bench(), /allowed/i);
      expect(await bench().buttons()).toEqual([]);
      turn.say('Written.');
      end();
      await showing(bench(), 'Written.');
    });

    itNeeds(['press'], 'is denied by a press', async () => {
      const { answers } = await ask();
      await bench().press('maintainer', await button(bench(), 'Deny'));
      await until(bench(), 'the agent has its answer', () => answers.length === 1);
      expect(answers).toEqual([{ outcome: 'selected', optionId: 'no' }]);
      await showing(bench(), /denied|rejected/i);
      expect(await bench().buttons()).toEqual([]);
    });

    it.each([
      ['approve', 'yes'],
      ['deny', 'no'],
    ])('is answered by %s and its code', async (verb, optionId) => {
      const { answers } = await ask();
      await showing(bench(), 'Write notes.txt');
      const [request] = await bench().stores.memory.sessions.pendingPermissions();
      await bench().command('maintainer', `${verb} ${request?.code}`);
      await until(bench(), 'the agent has its answer', () => answers.length === 1);
      expect(answers).toEqual([{ outcome: 'selected', optionId }]);
      await until(bench(), 'no buttons', async () => (await bench().buttons()).length === 0);
    });

    itNeeds(
      ['press', 'outsiderPresses'],
      'stays open when somebody presses who may not, and tells them',
      async () => {
        const { answers } = await ask();
        const allow = await button(bench(), 'Allow once');
        await bench().press('outsider', allow);
        await until(bench(), 'told', async () => (await bench().told('outsider')).length > 0);
        expect(answers).toEqual([]);
        await bench().press('maintainer', await button(bench(), 'Allow once'));
        await until(bench(), 'the agent has its answer', () => answers.length === 1);
      },
    );

    itNeeds(['outsiderSpeaks'], 'stays open when somebody types the code who may not', async () => {
      const { answers } = await ask();
      await showing(bench(), 'Write notes.txt');
      const [request] = await bench().stores.memory.sessions.pendingPermissions();
      await bench().command('outsider', `approve ${request?.code}`);
      await pass(bench(), 5000);
      expect(answers).toEqual([]);
      expect(await bench().stores.memory.sessions.pendingPermissions()).toHaveLength(1);
    });

    itNeeds(['press'], 'takes the first answer only, and tells the second one so', async () => {
      const { answers } = await ask();
      const [allow, deny] = [await button(bench(), 'Allow once'), await button(bench(), 'Deny')];
      await bench().press('maintainer', allow);
      await until(bench(), 'the agent has its answer', () => answers.length === 1);
      await bench().press('asker', deny);
      await until(bench(), 'told', async () => (await bench().told('asker')).length > 0);
      expect((await bench().told('asker')).at(-1)).toMatch(/already|answered/i);
      expect(answers).toEqual([{ outcome: 'selected', optionId: 'yes' }]);
    });

    // Where a refused press is put back, that must not undo the outcome that is written meanwhile.
    itNeeds(['press'], 'has one outcome when two press at the same time', async () => {
      const { answers } = await ask();
      const [allow, deny] = [await button(bench(), 'Allow once'), await button(bench(), 'Deny')];
      await Promise.all([bench().press('maintainer', allow), bench().press('asker', deny)]);
      await until(bench(), 'no buttons', async () => (await bench().buttons()).length === 0);
      await pass(bench(), 5000);
      expect(answers).toHaveLength(1);
      const isAllowed = JSON.stringify(answers).includes('yes');
      expect(/\ballowed\b/i.test(await all(bench()))).toBe(isAllowed);
    });

    itNeeds(
      ['press'],
      'is closed with its turn; a press that comes late changes nothing',
      async () => {
        const { answers } = await ask();
        const allow = await button(bench(), 'Allow once');
        await bench().command('asker', 'stop');
        await until(bench(), 'no buttons', async () => (await bench().buttons()).length === 0);
        await bench().press('maintainer', allow);
        await until(bench(), 'told', async () => (await bench().told('maintainer')).length > 0);
        expect(answers).toEqual([{ outcome: 'cancelled' }]);
      },
    );

    itNeeds(['press'], 'reminds once at half of its time, and says then how it ended', async () => {
      const { answers } = await ask();
      await button(bench(), 'Allow once');
      await pass(bench(), 14 * 60_000);
      expect(await all(bench())).not.toContain('still waits');
      const before = (await bench().shown()).length;
      await pass(bench(), 2 * 60_000);
      await showing(bench(), 'still waits for an answer');
      expect(await bench().shown()).toHaveLength(before + 1);
      await pass(bench(), 60_000);
      expect(await bench().shown()).toHaveLength(before + 1);
      await bench().press('maintainer', await button(bench(), 'Allow once'));
      await until(bench(), 'the agent has its answer', () => answers.length === 1);
      await showing(bench(), /was allowed by/);
      expect(await all(bench())).not.toContain('still waits');
    });

    itNeeds(['press'], 'expires after half an hour, and says so', async () => {
      const { answers } = await ask();
      const allow = await button(bench(), 'Allow once');
      await pass(bench(), 30 * 60_000);
      await until(bench(), 'the agent has its answer', () => answers.length === 1);
      expect(answers).not.toEqual([{ outcome: 'selected', optionId: 'yes' }]);
      await showing(bench(), /expired/i);
      expect(await bench().buttons()).toEqual([]);
      await bench().press('maintainer', allow);
      await until(bench(), 'told', async () => (await bench().told('maintainer')).length > 0);
      expect(answers).toHaveLength(1);
    });
  });
}
