/** Short codes of permission requests: quick to type, unique among those that wait. */

/** Letters that are not mistaken for digits or for each other when read aloud or retyped. */
const LETTERS = 'abcdefghkmnprstwxyz';
const DIGITS = '23456789';

function pick(from: string, random: () => number): string {
  return from.charAt(Math.floor(random() * from.length));
}

/** A code that is not in `taken`: a letter and a digit, longer when those run out. */
export function mintCode(taken: ReadonlySet<string>, random: () => number = Math.random): string {
  for (let attempt = 0; ; attempt += 1) {
    let code = pick(LETTERS, random) + pick(DIGITS, random);
    for (let more = 0; more < Math.floor(attempt / 40); more += 1) code += pick(DIGITS, random);
    if (!taken.has(code)) return code;
  }
}
