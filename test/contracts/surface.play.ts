/** How tests of the surface contract play: turns that wait for the test, and time in steps. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PermissionAnswer } from '../../src/core/ports/agent.ts';
import type { FakeTurn } from '../harness/fake-agent.ts';
import type { Ability, Button, SurfaceBench, SurfaceUnderTest } from './surface.under-test.ts';

/** Short enough for calls under way not to run into their deadlines. */
const PASS_STEP_MS = 15_000;

/** A turn that goes on when the test says so. */
export interface HeldTurn {
  readonly turn: FakeTurn;
  end(stopReason?: string): void;
}

/** Turns are held: each waits for `end`, or ends when it is cancelled. */
export function holdTurns(bench: SurfaceBench): readonly HeldTurn[] {
  const held: HeldTurn[] = [];
  bench.agents.behave = async (turn) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    held.push({ turn, end: (stopReason = 'end_turn') => resolve(stopReason) });
    return Promise.race([promise, turn.cancelled.then(() => 'cancelled')]);
  };
  return held;
}

/** Lets time pass in steps, with the wire quiet in each of them, until it is so. */
export async function until(
  bench: SurfaceBench,
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const end = bench.clock.now() + withinMs;
  for (;;) {
    await bench.quiet();
    if (await isSo()) return;
    if (bench.clock.now() >= end) {
      const shown = await bench.shown();
      throw new Error(`not so within ${withinMs} ms: ${what}. Shown:\n${shown.join('\n---\n')}`);
    }
    await bench.clock.advance(50);
  }
}

/** Lets so much time pass, with the wire quiet now and then. */
export async function pass(bench: SurfaceBench, ms: number): Promise<void> {
  const end = bench.clock.now() + ms;
  await bench.quiet();
  while (bench.clock.now() < end) {
    await bench.clock.advance(Math.min(PASS_STEP_MS, end - bench.clock.now()));
    await bench.quiet();
  }
}

export const showing = (
  bench: SurfaceBench,
  text: string | RegExp,
  withinMs?: number,
): Promise<void> =>
  until(
    bench,
    `shows ${text}`,
    async () => (await bench.shown()).some((each) => includes(each, text)),
    withinMs,
  );

const includes = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);

export const all = async (bench: SurfaceBench): Promise<string> => (await bench.shown()).join('\n');

export async function heldTurn(bench: SurfaceBench, held: readonly HeldTurn[], at: number) {
  await until(bench, `turn ${at + 1} runs`, () => held.length > at);
  const turn = held[at];
  if (turn === undefined) throw new Error('no such turn');
  return turn;
}

export async function button(bench: SurfaceBench, label: string | RegExp): Promise<Button> {
  let found: Button | undefined = undefined;
  await until(bench, `has a button ${label}`, async () => {
    found = (await bench.buttons()).find((each) => includes(each.label, label));
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
}

/** A bench for each test of the surrounding describe, and tests that need abilities. */
export function stage(surface: SurfaceUnderTest) {
  let open: SurfaceBench | undefined = undefined;
  const bench = (): SurfaceBench => {
    if (open === undefined) throw new Error('no bench is open');
    return open;
  };

  beforeEach(async () => {
    open = await surface.open();
  });

  afterEach(async () => {
    await bench().close();
    expect(bench().stores.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  return {
    bench,
    /** Skipped, with the reason, where the surface lacks what it needs. */
    itNeeds(abilities: readonly Ability[], title: string, fn: () => Promise<void>): void {
      const reasons = abilities.flatMap((ability) => surface.lacks[ability] ?? []);
      it(title, async ({ skip }) => {
        skip(reasons.length > 0, reasons.join('; '));
        await fn();
      });
    },
    /** A turn that asks, and what the agent was answered. */
    async ask(title = 'Write notes.txt') {
      const held = holdTurns(bench());
      await bench().start('asker', 'write some notes');
      const { turn, end } = await heldTurn(bench(), held, 0);
      const answers: PermissionAnswer[] = [];
      void turn.ask(title).then((answer) => void answers.push(answer));
      return { answers, end, turn };
    },
    rest: (): Promise<void> =>
      until(bench(), 'the session rests', async () => {
        const { data } = await bench().stores.memory.sessions.sessions({}, null, 10);
        return data.every(({ state }) => state !== 'running' && state !== 'starting');
      }),
  };
}
