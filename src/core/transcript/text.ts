/** Small pure readings of a transcript as text, for every renderer. */
import type { TurnView } from '../model/transcript.ts';

/**
 * The agent's messages of a turn as one string: what it said in one go stays together, and a blank
 * line stands where a tool call, a thought or another message came between. No thoughts, no tools.
 */
export function turnText(turn: Pick<TurnView, 'parts'>): string {
  return turn.parts
    .flatMap((part) => (part.type === 'message' ? [part.text.replace(/^\n+/, '').trimEnd()] : []))
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Control, zero-width, bidi and other characters that no reader can see, but for plain spaces. */
const HIDDEN =
  /(?![\n\t ])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Zs}]/gu;

/**
 * The text with every character that cannot be seen written as its code point, `⟨U+202E⟩`, and
 * without line feeds and tabs touched. For commands and paths that somebody has to approve.
 */
export function hiddenCharacters(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `⟨U+${code.padStart(4, '0')}⟩`;
  });
}

/** Runs of white space that push what follows them out of sight. */
const GAPS = /(?<=[^\n ]) {24,}| {60,}|(?<=[^\n\t])\t{4,}|\t{12,}|\n(?:[ \t]*\n){4,}/g;

/**
 * The text as somebody has to read it before they approve it: nothing in it is hidden, neither by
 * characters that cannot be seen (`hiddenCharacters`) nor by white space that moves the rest away.
 */
export function exactText(text: string): string {
  return hiddenCharacters(text).replace(GAPS, (gap) => {
    if (gap.startsWith('\n')) return `\n⟨${gap.split('\n').length - 2} empty lines⟩\n`;
    return gap.startsWith(' ') ? `⟨${gap.length} spaces⟩` : `⟨${gap.length} tabs⟩`;
  });
}

/**
 * With lines of at most `width` characters, where a reader does not see what stands further to the
 * right; `↩` ends a line that goes on below.
 */
export function wrapped(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => piecesOf([...line], width))
    .join('\n');
}

function piecesOf(characters: readonly string[], width: number): readonly string[] {
  const pieces: string[] = [];
  let rest = characters;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width - 2) + 1;
    const at = space > width * 0.7 ? space : width - 1;
    pieces.push(`${rest.slice(0, at).join('')}↩`);
    rest = rest.slice(at);
  }
  return [...pieces, rest.join('')];
}

/** At most `limit` code units, with a sign that there was more; no character is cut in two. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** `3 s`, `2 min 5 s`, `1 h 4 min`; what is left over is dropped, negative is `0 s`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  if (minutes < 60) return joined(minutes, 'min', seconds % 60, 's');
  return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function joined(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}
