/**
 * Any JavaScript string as text that every database takes, without loss. Postgres refuses NUL, and
 * UTF-8 has no lone surrogates; both are written as U+0001 and a name. Text without them, nearly
 * all text, is stored as it is.
 */
const ESCAPE = '\u0001';
const UNSTORABLE = /[\u0000\u0001]|\p{Surrogate}/gu;
const ESCAPED = /\u0001(0|1|[0-9a-f]{4};)/g;

export function encodeText(text: string): string {
  if (!text.includes('\u0000') && !text.includes(ESCAPE) && text.isWellFormed()) return text;
  return text.replace(UNSTORABLE, (character) => {
    if (character === '\u0000') return `${ESCAPE}0`;
    if (character === ESCAPE) return `${ESCAPE}1`;
    return `${ESCAPE}${character.charCodeAt(0).toString(16)};`;
  });
}

export function decodeText(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replace(ESCAPED, (_, name: string) => {
    if (name === '0') return '\u0000';
    if (name === '1') return ESCAPE;
    return String.fromCharCode(Number.parseInt(name, 16));
  });
}
