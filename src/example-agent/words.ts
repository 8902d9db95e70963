/** The words that the example agent understands: one table for parsing, help and slash commands. */

export const WORDS = {
  ask: 'reads a file, then asks you before it writes `hello.md`',
  plan: 'works through a plan, step by step',
  think: 'thinks aloud before it answers',
  long: 'writes a long answer with tables, lists and code',
  slow: 'says a line every half second, for 20 seconds: try to stop it',
  fail: 'ends the turn with an error',
  crash: 'dies in the middle of the turn',
  hang: 'never answers, not even when it is asked to stop',
  noise: 'prints rubbish that no client should choke on',
  chunks: 'followed by a number: sends that many pieces as fast as it can',
} as const;

export type Word = keyof typeof WORDS;

export interface Wish {
  /** null: nothing that it understands. */
  readonly word: Word | null;
  /** The number after `chunks`; 1 without one. */
  readonly count: number;
}

/** Most pieces of one `chunks`: enough to measure with, not enough to fill a disk by mistake. */
const MAX_CHUNKS = 1_000_000;

/** The first word of the text that it understands, in any case. */
export function wishOf(text: string): Wish {
  const found = /(?<![\w-])(ask|plan|think|long|slow|fail|crash|hang|noise|chunks)(?![\w-])/i.exec(
    text,
  );
  const word = found?.[1]?.toLowerCase();
  if (!isWord(word)) return { word: null, count: 0 };
  const number = /chunks\s+(\d+)/i.exec(text)?.[1];
  return { word, count: Math.min(number === undefined ? 1 : Number(number), MAX_CHUNKS) };
}

function isWord(text: string | undefined): text is Word {
  return text !== undefined && Object.hasOwn(WORDS, text);
}
