/** The sign in front of a line; in colour where the terminal and NO_COLOR allow it. */
import { styleText } from 'node:util';
import type { Finding } from './command.ts';

const MARKS = { good: ['green', '✓'], note: ['yellow', '•'], bad: ['red', '✗'] } as const;

export function mark(state: Finding['state']): string {
  const [colour, sign] = MARKS[state];
  return styleText(colour, sign);
}

/** With its mend on a line of its own. */
export function findingLine(finding: Finding): string {
  const head = `${mark(finding.state)} ${finding.says}`;
  return finding.state === 'bad' ? `${head}\n    ${finding.mend}` : head;
}
