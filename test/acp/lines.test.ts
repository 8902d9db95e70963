import { describe, expect, it } from 'vitest';
import { createLineSplitter } from '../../src/acp/lines.ts';

function split(chunks: readonly Uint8Array[], maxBytes?: number) {
  const lines: string[] = [];
  const tooLong: number[] = [];
  const splitter = createLineSplitter(
    { line: (text) => lines.push(text), tooLong: (bytes) => tooLong.push(bytes) },
    maxBytes,
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, tooLong };
}

/** Mulberry32: small, and the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('bytes become lines', () => {
  it('the same ones however the bytes are cut', () => {
    const lines = ['{"a":1}', 'ü€👩‍🚀', '  x ', 'z'.repeat(5_000), '{"b":"日本"}'];
    const all = Buffer.from(`\n\n${lines.join('\n')}\n   \nlast without newline`);
    const seed = Date.now();
    console.info(`seed ${seed}`);
    const random = randomFrom(seed);
    for (let round = 0; round < 200; round += 1) {
      const chunks: Uint8Array[] = [];
      const most = 1 + Math.floor(random() * 40);
      for (let at = 0; at < all.length;) {
        const size = Math.ceil(random() * most);
        chunks.push(all.subarray(at, at + size));
        at += size;
      }
      expect(split(chunks)).toEqual({ lines: [...lines, 'last without newline'], tooLong: [] });
    }
  });

  it('up to the allowed length, and longer ones are skipped and counted', () => {
    const bytes = Buffer.from('12345678\n123456789\nok\n1234567890');
    for (const size of [1, 3, 8, 9, 10, 100]) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(split(chunks, 8)).toEqual({ lines: ['12345678', 'ok'], tooLong: [9, 10] });
    }
  });

  // Copying what waits at every chunk would take minutes, and meet the limit.
  it('of many chunks without copying what waits', { timeout: 30_000 }, () => {
    const chunk = new Uint8Array(1024).fill(120);
    const { lines } = split(Array.from({ length: 30 * 1024 }, () => chunk));
    expect(lines[0]?.length).toBe(30 * 1024 * 1024);
  });
});
