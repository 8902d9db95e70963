/** The sign in front of a line; in colour where the terminal and NO_COLOR allow it. */
import { styleText } from 'node:util';
import type { Finding } from './command.ts';

const MARKS = { good: ['green', '✓'], note: ['yellow', '•'], bad: ['red', '✗'] } as const;

export function mark(state: Finding['state']): string {
  const [colour, sign] = MARKS[state];
  return styleText(colour, sign);
}
