/** The commands that the README gives to programmers, run as they stand against the real server. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from './lint-plants.ts';

const run = promisify(execFile);

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const section = /## For programs[\s\S]*?\n## /.exec(readme)?.[0] ?? '';
const shell = /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
const program = /```js\n([\s\S]*?)```/.exec(section)?.[1] ?? '';

test('the examples make a session, get its answer, follow its events, and answer its question', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'threadcast-example-'));
  const env = { PATH: process.env['PATH'], HOME: dataDir, PORT: '0', THREADCAST_DATA_DIR: dataDir };
  const server = spawn(process.execPath, [path.join(root, 'src', 'main.ts')], { env });
  const ended = once(server, 'exit');
  try {
    const address = await readyAddress(server.stdout);
    const here = (example: string): string =>
      example
        .replaceAll('localhost:3000', address)
        .replace('.threadcast/admin-token', path.join(dataDir, 'admin-token'));
    // The stream goes on for ever: take what is there.
    const script = here(shell).replace('api -N', 'api -N --max-time 1');
    const rest = await run('bash', ['-c', `${script}\ntrue`], { env });
    expect(rest.stdout).toContain('"id":"my-first"');
    expect(rest.stdout).toContain('"stopReason":"end_turn"');
    expect(rest.stdout).toContain('event: session.created');
    expect(rest.stdout).toContain('event: turn.ended');

    writeFileSync(path.join(dataDir, 'ask.mjs'), here(program));
    const socket = await run(process.execPath, [path.join(dataDir, 'ask.mjs')], { env });
    expect(socket.stderr).toBe('');
    expect(socket.stdout).toMatch(
      /prompt\.started[\s\S]*permission\.requested[\s\S]*permission\.resolved[\s\S]*turn\.ended/,
    );
  } finally {
    server.kill('SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true });
  }
});

async function readyAddress(stdout: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of stdout) {
    text += chunk.toString();
    const address = /is ready at http:\/\/(\S+)/.exec(text)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`The server ended before it was ready: ${text}`);
}
