import { expect, it } from 'vitest';
import { createWire } from '../../src/acp/wire.ts';

const TOO_DEEP = '['.repeat(20_000) + ']'.repeat(20_000);

it('skips a message that cannot be used, says so, and goes on', async () => {
  const seen: string[] = [];
  const logs: string[] = [];
  const message = (entries: string): string =>
    `{"method":"session/update","params":{"update":{"sessionUpdate":"plan","entries":${entries}}}}\n`;
  async function* stdout() {
    yield Buffer.from(message('[1]') + message(TOO_DEEP) + `{"id":9,"result":${TOO_DEEP}}\n`);
    yield Buffer.from(message('[2]'));
  }
  const wire = createWire(
    { stdout: stdout(), write: () => Promise.resolve() },
    {
      // As core does, which stores it.
      update: (params) => void seen.push(JSON.stringify(params)),
      permission: () => Promise.resolve({}),
      answered: () => undefined,
      log: (_level, text) => void logs.push(text),
    },
  );
  for await (const passed of wire.stream.readable) throw new Error(JSON.stringify(passed));
  expect(seen).toEqual([expect.stringContaining('[1]'), expect.stringContaining('[2]')]);
  expect(logs).toHaveLength(2);
  expect(logs[0]).toMatch(/^The agent sent what cannot be used \(Maximum call stack/);
});
