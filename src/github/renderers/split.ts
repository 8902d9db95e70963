/** A long text in several comments, and where the rest is when even those do not hold it. */
import { splitMarkdown, type SplitOptions } from '../../core/transcript/split.ts';

/** GitHub takes 65,536 characters; the rest is for our marker and for what is said of the rest. */
export const PIECE_LIMIT = 64_000;
export const MOST_PIECES = 5;

const HOW: SplitOptions = {
  limit: PIECE_LIMIT,
  most: MOST_PIECES,
  continued: '_Continued from the comment before._',
  continues: '_Continued in the next comment._',
};

/** `rest`: said at the end of the last one, instead of that it goes on. */
export function splitComment(
  text: string,
  rest: (characters: number) => string,
): readonly [string, ...string[]] {
  const { parts, left } = splitMarkdown(text, HOW);
  const [first, ...more] = parts.map((part) => part.text);
  const texts: [string, ...string[]] = [first ?? '', ...more];
  if (left > 0) texts.push(`${texts.pop()?.slice(0, -HOW.continues.length)}${rest(left)}`);
  return texts;
}
