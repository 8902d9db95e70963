import { expect, it } from 'vitest';
import { elapsed, hiddenCharacters, turnText } from '../../../src/core/transcript/text.ts';

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
