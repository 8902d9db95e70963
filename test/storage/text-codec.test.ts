import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../../src/storage/text-codec.ts';

describe('the text codec', () => {
  it('leaves ordinary text as it is', () => {
    for (const text of ['', 'plain', 'é 👩‍💻 \n\t', '\\u0000']) expect(encodeText(text)).toBe(text);
  });

  it('encodes what a database refuses, and nothing is lost', () => {
    const seed = Date.now();
    process.stdout.write(`text codec seed ${seed}\n`);
    let state = seed % 2147483647;
    const random = (below: number): number => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    const alphabet = ['\u0000', '\u0001', '0', '1', 'd800;', ';', '\ud800', '\udc00', '😀', 'a'];
    for (let round = 0; round < 5000; round += 1) {
      const text = Array.from({ length: random(12) }, () => alphabet[random(10)]).join('');
      const encoded = encodeText(text);
      expect(encoded.isWellFormed() && !encoded.includes('\u0000')).toBe(true);
      expect(decodeText(encoded)).toBe(text);
    }
  });
});
