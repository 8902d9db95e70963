import { expect, test } from 'vitest';
import { settleMemory } from '../../src/cli/settle-memory.ts';

test('garbage is given back at once, and gc is not left open to the program', () => {
  let garbage: unknown[] | undefined = Array.from({ length: 300_000 }, (_, index) => ({ index }));
  const full = process.memoryUsage().heapUsed;
  expect(garbage).toHaveLength(300_000);
  garbage = undefined;
  settleMemory();
  expect(process.memoryUsage().heapUsed).toBeLessThan(full - 5_000_000);
  expect('gc' in globalThis).toBe(false);
});
