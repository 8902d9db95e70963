/** The `.env` in the working directory, read by the real program. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

test('a .env adds what the environment lacks, and the environment wins', () => {
  const cwd = mkdtempSync(path.join(tmpdir(), 'threadcast-env-'));
  try {
    writeFileSync(path.join(cwd, '.env'), 'PORT=4001\nHOST=127.0.0.2\n');
    const module = path.resolve(import.meta.dirname, '../../src/config/config.ts');
    const script = `import { readConfig } from ${JSON.stringify(module)};
      const { config } = readConfig(); console.log(config.port, config.host);`;
    const args = ['--input-type=module', '-e', script];
    const env = { PATH: process.env['PATH'], PORT: '4002' };
    const out = execFileSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
    expect(out).toBe('4002 127.0.0.2\n');
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
