import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { fakeCli, validSetup } from './fake-cli.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(answer: string): Promise<number> {
  const server = createServer((_request, response) => response.end(answer));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return address.port;
}

const health = JSON.stringify({ status: 'ok', version: '1.2.3', sessions: 0 });
const loginLink = async () => 'http://127.0.0.1:3000/login#abc';

test('login prints the link of the running server alone, so it can be piped', async () => {
  const port = await listening(health);
  const cli = fakeCli(validSetup({ loginLink }, { port }));
  expect(await run(['login'], cli)).toBe(0);
  expect(cli.stdout()).toBe('http://127.0.0.1:3000/login#abc');
  expect(cli.stderr()).toBe('');
});

test('a server that listens on every address is found on this machine', async () => {
  const port = await listening(health);
  const cli = fakeCli(validSetup({ loginLink }, { port, host: '0.0.0.0' }));
  expect(await run(['login'], cli)).toBe(0);
});

test.each(['no', '{}', '{"status":"ok"}'])(
  'no link is printed when what answers there (%s) is no Threadcast',
  async (answer) => {
    const port = await listening(answer);
    const cli = fakeCli(validSetup({ loginLink }, { port }));
    expect(await run(['login'], cli)).toBe(1);
    expect(cli.stdout()).toBe('');
    expect(cli.stderr()).toBe(
      `No Threadcast answers at http://127.0.0.1:${port}. Start it first ("npm start"), or set PORT and HOST as it has them.`,
    );
  },
);

test('no link is printed when nobody listens there', async () => {
  const port = await listening(health);
  const [server] = servers.splice(0);
  server?.close();
  const cli = fakeCli(validSetup({ loginLink }, { port }));
  expect(await run(['login'], cli)).toBe(1);
  expect(cli.stderr()).toContain('No Threadcast answers at');
});

test('with PORT 0 only a public address can be asked', async () => {
  const unknown = fakeCli(validSetup({ loginLink }, { port: 0 }));
  expect(await run(['login'], unknown)).toBe(1);
  expect(unknown.stderr()).toContain('PORT is 0');

  const publicUrl = `http://127.0.0.1:${await listening(health)}`;
  const known = fakeCli(validSetup({ loginLink }, { port: 0, publicUrl }));
  expect(await run(['login'], known)).toBe(0);
});
