import { describe, expect, it } from 'vitest';
import {
  elapsed,
  hiddenCharacters,
  turnText,
  exactText,
  wrapped,
} from '../../../src/core/transcript/text.ts';

it('turnText joins messages with a blank line and leaves out everything else', () => {
  const message = (text: string) => ({ type: 'message', messageId: null, text }) as const;
  const parts = [
    { type: 'thought', messageId: null, text: 'hm' } as const,
    message('\n    indented code\n\n'),
    { type: 'tool_call', toolCallId: 't' } as const,
    message('  \n'),
    { type: 'notice', text: 'n' } as const,
    message('end'),
  ];
  expect(turnText({ parts })).toBe('    indented code\n\nend');
  expect(turnText({ parts: [] })).toBe('');
});

it('hiddenCharacters shows controls, zero-width, bidi, tags and odd spaces, and nothing else', () => {
  const hostile = 'rm\u00a0-rf \u202e/\u200b\u0000\u001b[31m\ufeff\ud800\u{E0041}\u2028\u3164';
  expect(hiddenCharacters(hostile)).toMatchInlineSnapshot(
    `"rm⟨U+00A0⟩-rf ⟨U+202E⟩/⟨U+200B⟩⟨U+0000⟩⟨U+001B⟩[31m⟨U+FEFF⟩⟨U+D800⟩⟨U+E0041⟩⟨U+2028⟩⟨U+3164⟩"`,
  );
  const plain = 'git status\n\tgrüße 你好 مرحبا 👍🏽 é';
  expect(hiddenCharacters(plain)).toBe(plain);
});

it.each([
  [-5, '0 s'],
  [999, '0 s'],
  [3_999, '3 s'],
  [60_000, '1 min'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [3_840_500, '1 h 4 min'],
])('elapsed(%i) is "%s"', (ms, text) => {
  expect(elapsed(ms)).toBe(text);
});

describe('text that somebody approves', () => {
  it('says where white space would move the rest out of sight', () => {
    expect(exactText(`a${' '.repeat(24)}b`)).toBe('a⟨24 spaces⟩b');
    expect(exactText(`a${'\t'.repeat(5)}b`)).toBe('a⟨5 tabs⟩b');
    expect(exactText(`a${'\n'.repeat(6)}b`)).toBe('a\n⟨5 empty lines⟩\nb');
    expect(exactText(`a\n${' \n'.repeat(9)}b`)).toBe('a\n⟨9 empty lines⟩\nb');
    expect(exactText('a\u200bb')).toBe('a⟨U+200B⟩b');
  });

  it('leaves code as it is', () => {
    const code = `if (a) {\n${' '.repeat(40)}b();\n\n\n}\nx = 1;${' '.repeat(20)}// why\n`;
    expect(exactText(code)).toBe(code);
  });

  it('goes on below, at a space where there is one, and within no character', () => {
    expect(wrapped('one two, three four', 12)).toBe('one two, ↩\nthree four');
    expect(wrapped('x'.repeat(20), 12)).toBe(`${'x'.repeat(11)}↩\n${'x'.repeat(9)}`);
    expect(wrapped('😀'.repeat(20), 12).isWellFormed()).toBe(true);
    expect(wrapped('short', 12)).toBe('short');
  });
});
