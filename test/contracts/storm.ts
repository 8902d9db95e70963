/**
 * A thousand mentions at once, whatever the surface: a hundred threads of ten, each thread by several
 * people. Says what must have come of them.
 */
import { expect } from 'vitest';

export const STORM = { threads: 100, each: 10 } as const;

/** `s<thread>.<n>.`, n counting from 0 as they are said in the thread. */
export const stormText = (thread: number, n: number): string => `s${thread}.${n}.`;

const TEXT = /s\d+\.\d+\./g;

/** By thread, each text once, in order. A prompt may quote the thread first: its last text counts. */
function byThread(texts: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = texts.map((text) => text.match(TEXT)?.at(-1) ?? text);
  return Map.groupBy(new Set(found), (text) => text.split('.')[0] ?? '');
}

/**
 * `prompts`: what the agents were asked, as turns began. Each mention became one turn, each thread in
 * the order in which its mentions were said.
 */
export function expectInOrder(prompts: readonly string[]): void {
  const said = Array.from({ length: STORM.threads }, (_thread, at) =>
    Array.from({ length: STORM.each }, (_mention, n) => stormText(at, n)),
  );
  const right = byThread(said.flat());
  const turns = byThread(prompts);
  expect(prompts).toHaveLength(STORM.threads * STORM.each);
  expect([...turns.keys()].toSorted()).toEqual([...right.keys()].toSorted());
  const wrong = [...turns].filter(([thread, all]) => all.join() !== right.get(thread)?.join());
  expect(wrong).toEqual([]);
}

/** `messages`: those of a thread as they stand there: the answer to each turn, from its first on. */
export function expectFinals(
  thread: number,
  prompts: readonly string[],
  messages: readonly string[],
): void {
  const turns = byThread(prompts).get(`s${thread}`) ?? [];
  expect(byThread(messages).get(`s${thread}`) ?? []).toEqual(turns.slice(0, messages.length));
  expect(messages.filter((text) => !/done[\s\S]*heard s\d+\.\d+\./.test(text))).toEqual([]);
}
