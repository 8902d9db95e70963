/** Short codes of permission requests: quick to type, unique among those that wait. */
import type { SessionId } from '../model/ids.ts';

/** Letters that are not mistaken for digits or for each other when read aloud or retyped. */
const LETTERS = 'abcdefghkmnprstwxyz';
const DIGITS = '23456789';

function pick(from: string, random: () => number): string {
  return from.charAt(Math.floor(random() * from.length));
}

/**
 * A code that is not in `taken`: a letter and a digit, longer when those run out. The letter is the
 * owner's: 19 that come after one another have no code in common, so that one that was seen before a
 * restart means no other request after it.
 */
export function mintCode(
  taken: ReadonlySet<string>,
  owner: number,
  random: () => number = Math.random,
): string {
  const letter = LETTERS.charAt(owner % LETTERS.length);
  for (let attempt = 0; ; attempt += 1) {
    let code = letter + pick(DIGITS, random);
    for (let more = 0; more < Math.floor(attempt / 40); more += 1) code += pick(DIGITS, random);
    if (!taken.has(code)) return code;
  }
}

/** Of the `epoch`th owner of a session; two sessions of a thread seldom begin alike. */
export const ownerNumber = (sessionId: SessionId, epoch: number): number =>
  [...sessionId].reduce((sum, character) => sum + character.charCodeAt(0), epoch);
