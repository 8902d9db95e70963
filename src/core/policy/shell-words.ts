/**
 * A shell command line -> argv, or a refusal. Safe means: if words come out, a shell would run
 * exactly this one argv. Whatever could make it run something else or more (operators,
 * substitutions, variables, globs, comments, newlines, invisible characters) is refused, never
 * guessed at.
 */

export type ShellWords =
  | { readonly ok: true; readonly words: readonly string[] }
  /** `reason`: what made it unsafe, for explanations. */
  | { readonly ok: false; readonly reason: string };

const MOST = 32_768;

/** Line breaks, controls, and what looks like nothing or like a space that a shell does not know. */
const UNSEEN = /(?![\t ])[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
/** `NAME=value command` runs the command in another environment. */
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;

/** Unquoted, these are operators, expansions, globs or comments for some shell. */
const ACTIVE = new Set(';|&<>()$`*?[]{}~#!^%=\\');
/** These are harmless inside a word, and active only at its start. */
const ACTIVE_AT_START = new Set('#%=');
/** Inside double quotes a shell still expands these. */
const ACTIVE_IN_QUOTES = new Set('$`!\\');

export function shellWords(line: string): ShellWords {
  if (line.length > MOST) return refuse('it is too long');
  if (UNSEEN.test(line)) return refuse('it has control or invisible characters or a line break');
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === ' ' || character === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "'" || character === '"') {
      const end = line.indexOf(character, at + 1);
      if (end === -1) return refuse('a quote is not closed');
      const inner = line.slice(at + 1, end);
      const active = character === '"' ? activeIn(inner) : undefined;
      if (active !== undefined) return refuse(`it has \`${active}\` in double quotes`);
      word = (word ?? '') + inner;
      at = end;
    } else if (isActive(character, word)) {
      return refuse(`it has \`${character}\` outside quotes`);
    } else word = (word ?? '') + character;
  }
  if (word !== null) words.push(word);
  const [command] = words;
  if (command === undefined || command === '') return refuse('it is empty');
  if (ASSIGNMENT.test(command)) return refuse('it sets a variable first');
  return { ok: true, words };
}

function refuse(reason: string): ShellWords {
  return { ok: false, reason };
}

function isActive(character: string, word: string | null): boolean {
  if (!ACTIVE.has(character)) return false;
  return word === null || !ACTIVE_AT_START.has(character);
}

function activeIn(inner: string): string | undefined {
  return [...inner].find((character) => ACTIVE_IN_QUOTES.has(character));
}
