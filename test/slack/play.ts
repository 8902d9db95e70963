/** What tests of the Slack app do over and over. */
import type { FakeTurn } from '../harness/fake-agent.ts';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import type { SlackBench } from './bench.ts';

/** Lets time pass in small steps, with the wire quiet in each. */
export async function passOn(bench: SlackBench, ms: number, step = 100): Promise<void> {
  await bench.quiet();
  for (let at = 0; at < ms; at += step) {
    await bench.clock.advance(step);
    await bench.quiet();
  }
}

/** Turns run until they are cancelled. */
export function holdTurnsOn(bench: SlackBench): FakeTurn[] {
  const turns: FakeTurn[] = [];
  bench.stores.agents.behave = async (turn) => {
    turns.push(turn);
    await turn.cancelled;
    return 'cancelled';
  };
  return turns;
}

export const reactionsOn = ({ reactions }: SlackMessage): readonly string[] => [
  ...reactions.keys(),
];

/** What a method was refused with, always. */
export const refuse =
  (...methods: readonly string[]) =>
  (error: string) =>
  ({ method }: { readonly method: string }) =>
    methods.includes(method) ? { kind: 'error' as const, error } : undefined;
