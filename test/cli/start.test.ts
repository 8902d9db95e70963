import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const fixture = fileURLToPath(new URL('./start-fixture.ts', import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs the real command in a process of its own. */
function start(app: string) {
  const child = spawn(process.execPath, [fixture, app], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let text = '';
  const waiting: { text: string; resolve: () => void }[] = [];
  const grew = (chunk: Buffer): void => {
    text += chunk.toString();
    for (const wait of waiting) if (text.includes(wait.text)) wait.resolve();
  };
  child.stdout.on('data', grew);
  child.stderr.on('data', grew);
  return {
    child,
    text: () => text,
    said: (part: string) =>
      new Promise<void>((resolve) => {
        if (text.includes(part)) resolve();
        else waiting.push({ text: part, resolve });
      }),
    ended: once(child, 'close').then(([code]: unknown[]) => code),
  };
}

test('a server that is ready says where it is, how to log in, and where the token lies', async () => {
  const server = start('good');
  await server.said('Ctrl+C');
  expect(server.text()).toMatchInlineSnapshot(`
    "
      Threadcast 1.2.3 is ready at http://127.0.0.1:3000

      Log in once  http://127.0.0.1:3000/login/1
                   (works one time; "npm start login" prints a new one)
      Admin token  /data/admin-token
      API          http://127.0.0.1:3000/api/docs

      Ctrl+C stops the server.

    "
  `);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops the server, with code 0', async (signal) => {
  const server = start('good');
  await server.said('Ctrl+C');
  server.child.kill(signal);
  expect(await server.ended).toBe(0);
  expect(server.text()).toContain(`stopped: ${signal}`);
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  'a second signal, %s, ends a stop that hangs at once, with code %i',
  async (signal, code) => {
    const server = start('hangs in stop');
    await server.said('Ctrl+C');
    server.child.kill('SIGTERM');
    await server.said('stopping');
    server.child.kill(signal);
    expect(await server.ended).toBe(code);
  },
);

test('a stop that hangs ends within 10 s of the signal, with code 1', async () => {
  const server = start('hangs in stop');
  await server.said('Ctrl+C');
  const signalled = performance.now();
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(1);
  expect(performance.now() - signalled).toBeLessThan(10_000);
  expect(server.text()).toContain('Stopping took too long');
});

test.each([
  ['fails with a sentence', '  The database is locked by pid 7.\n'],
  ['finds the port taken', '  Port 3000 on 127.0.0.1 is taken. Is Threadcast running already?'],
])(
  'a start that %s prints it, releases what it took, and ends with code 1',
  async (app, sentence) => {
    const server = start(app);
    expect(await server.ended).toBe(1);
    expect(server.text()).toContain(`Threadcast cannot start:\n${sentence}`);
    expect(server.text()).toContain('stopped: the start failed');
    expect(server.text()).not.toContain('    at ');
  },
);
