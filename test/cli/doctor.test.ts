import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkClock } from '../../src/cli/checks/clock.ts';
import { checkDatabase } from '../../src/cli/checks/database.ts';
import { checkDataDirectory, freeSpace } from '../../src/cli/checks/data-directory.ts';
import { checkGit } from '../../src/cli/checks/git.ts';
import { checkNode } from '../../src/cli/checks/node.ts';
import { checkPort } from '../../src/cli/checks/port.ts';
import { checkPublicUrl } from '../../src/cli/checks/public-url.ts';
import type { CliConfig, DatabaseState, Finding } from '../../src/cli/command.ts';
import { run } from '../../src/cli/run.ts';
import { fakeCli, invalidSetup, validSetup } from './fake-cli.ts';

let base: string;
let dataDir: string;
const servers: Server[] = [];

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'threadcast-doctor-'));
  dataDir = path.join(base, 'data');
  await mkdir(dataDir, { mode: 0o700 });
});

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(base, { recursive: true });
});

const config = (fields: Partial<CliConfig> = {}): CliConfig => ({
  port: 0,
  host: '127.0.0.1',
  dataDir,
  databaseUrl: undefined,
  publicUrl: undefined,
  githubServer: { host: undefined, protocol: 'https' },
  github: undefined,
  slack: undefined,
  slackApiUrl: undefined,
  ...fields,
});
const bad = (findings: readonly Finding[]) => findings.filter(({ state }) => state === 'bad');

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return address.port;
}

test('a machine that is in order gets a line for each check and code 0', async () => {
  const services = {
    agents: async () => [{ id: 'example', name: 'Example', missing: [] }],
    inspectDatabase: async () =>
      ({ kind: 'sqlite', state: 'there', version: 2, known: 2 }) as const,
  };
  const cli = fakeCli(validSetup(services, config()));
  expect(await run(['doctor'], cli)).toBe(0);
  const steady = cli
    .stdout()
    .replace(/Node \S+/, 'Node N')
    .replace(/git version \S+/, 'git version N')
    .replace(/Clock: \S+/, 'Clock: T')
    .replace(/[•✓] (Only )?[\d,]+ MiB/, '✓ N MiB')
    .replaceAll(dataDir, '<data>');
  expect(`\n${steady}`).toMatchInlineSnapshot(`
    "
    ✓ Node N
    ✓ git version N
    ✓ Clock: T
    ✓ <data> is writable
    ✓ N MiB free in <data>
    ✓ The database (sqlite) is up to date
    ✓ PORT 0: a free one is taken at start
    ✓ PUBLIC_URL: not set, only this machine
    ✓ Agents that can start: example

    All well."
  `);
});

test('each problem has its mend, a broken check does not stop the others, and the code is 1', async () => {
  await chmod(dataDir, 0o755);
  const services = {
    agents: async () => [{ id: 'codex', name: 'Codex', missing: ['Set OPENAI_API_KEY.'] }],
    inspectDatabase: () => Promise.reject(new TypeError('the database module is broken')),
  };
  const cli = fakeCli(validSetup(services, config({ host: '0.0.0.0' })));
  expect(await run(['doctor'], cli)).toBe(1);
  expect(cli.stdout()).toContain(
    `can be read by other users of this machine.\n    chmod 700 ${dataDir}`,
  );
  expect(cli.stdout()).toContain(
    '✗ The database cannot be read: TypeError: the database module is broken\n    Correct DATABASE_URL',
  );
  expect(cli.stdout()).toContain('✗ No agent can start here.');
  expect(cli.stdout()).toContain('PUBLIC_URL is not set');
  expect(cli.stdout()).toMatch(/\n4 to mend\.$/);
});

test('with a wrong configuration the problems are findings, and the rest is still checked', async () => {
  const cli = fakeCli(invalidSetup);
  expect(await run(['doctor'], cli)).toBe(1);
  expect(cli.stdout()).toContain('✓ Node ');
  expect(cli.stdout()).toContain('✗ PORT must be a whole number.');
  expect(cli.stdout()).toContain('✗ HOST must be a host name.');
});

test.each([
  ['24.21.0', 'good'],
  ['22.20.0', 'good'],
  ['22.19.9', 'bad'],
  ['20.20.2', 'bad'],
])('Node %s is %s', (version, state) => {
  expect(checkNode(version)[0]?.state).toBe(state);
});

test('a missing git is told with the way to get it', async () => {
  expect(await checkGit('git-that-is-not-there')).toMatchObject([
    { state: 'bad', mend: expect.stringContaining('apt-get install git') },
  ]);
});

test('a data directory that is missing will be made, and nothing is made by looking', async () => {
  const missing = path.join(base, 'a', 'b');
  expect((await checkDataDirectory(missing))[0]).toEqual({
    state: 'note',
    says: `${missing} will be made at the first start`,
  });
  expect(await checkDataDirectory(path.join(dataDir))).not.toContainEqual(
    expect.objectContaining({ state: 'bad' }),
  );
});

test('a file in the place of the data directory is a problem', async () => {
  const file = path.join(base, 'file');
  await writeFile(file, '');
  expect(bad(await checkDataDirectory(file))).toHaveLength(1);
});

test('a secret that others can read is a problem', async () => {
  const key = path.join(dataDir, 'secret-key');
  await writeFile(key, 'x', { mode: 0o644 });
  expect(bad(await checkDataDirectory(dataDir))).toMatchObject([{ mend: `chmod 600 ${key}` }]);
});

test.each([
  [10_000, 'good'],
  [500, 'note'],
  [199, 'bad'],
])('%i MiB free is %s', (mebibytes, state) => {
  expect(freeSpace('/d', mebibytes * 1024 * 1024).state).toBe(state);
});

test('a clock before the release, or before the first start of this server, is wrong', async () => {
  const now = Date.UTC(2026, 10, 20);
  expect(bad(await checkClock(dataDir, now))).toEqual([]);
  expect(bad(await checkClock(dataDir, 0))).toHaveLength(1);
  const token = path.join(dataDir, 'admin-token');
  await writeFile(token, 'x');
  await utimes(token, now / 1000, now / 1000);
  expect(bad(await checkClock(dataDir, now))).toEqual([]);
  expect(bad(await checkClock(dataDir, now - 3_600_000))).toHaveLength(1);
});

const schema = (version: number): DatabaseState => ({
  kind: 'sqlite',
  state: 'there',
  version,
  known: 3,
});

test.each<[DatabaseState, Finding['state'], string]>([
  [{ kind: 'sqlite', state: 'absent' }, 'note', 'will be made at the first start'],
  [{ kind: 'sqlite', state: 'in use' }, 'note', 'is in use by a running server'],
  [{ kind: 'pglite', state: 'unread' }, 'note', 'only a start can look inside'],
  [schema(0), 'note', 'is empty; the next start makes its tables'],
  [schema(2), 'note', 'has schema 2; the next start brings it to 3'],
  [schema(3), 'good', 'is up to date'],
  [schema(4), 'bad', 'has schema 4, and this Threadcast knows schemas up to 3.'],
])('a database with %j is %s: %s', async (found, state, says) => {
  expect(await checkDatabase(async () => found)).toMatchObject([
    { state, says: expect.stringContaining(says) },
  ]);
});

test('a free port is good', async () => {
  const server = createServer();
  const port = await listening(server);
  servers.pop();
  server.close();
  await once(server, 'close');
  expect(await checkPort(config({ port }))).toMatchObject([{ state: 'good' }]);
});

test('a port on which our own server answers is good', async () => {
  const port = await listening(
    createHttpServer((request, response) => {
      const health = { status: 'ok', version: '9.9.9', sessions: 0 };
      response.end(request.url === '/api/health' ? JSON.stringify(health) : 'no');
    }),
  );
  expect(await checkPort(config({ port }))).toEqual([
    { state: 'good', says: `Threadcast 9.9.9 answers on port ${port}` },
  ]);
});

test('what the running server says of a platform that it cannot work with is told as it is', async () => {
  const says = 'GitHub does not know this App by this key. Set APP_ID.';
  const platforms = { github: { state: 'away', says }, slack: { state: 'ready', says: 'Good.' } };
  const port = await listening(
    createHttpServer((_request, response) =>
      response.end(JSON.stringify({ version: '9.9.9', sessions: 0, platforms })),
    ),
  );
  expect(bad(await checkPort(config({ port })))).toEqual([
    {
      state: 'bad',
      says: `The running server says: ${says}`,
      mend: 'It tries again by itself. When a setting was wrong, start it again with the right one.',
    },
  ]);
});

test('a port that somebody else holds is a problem', async () => {
  const port = await listening(createHttpServer((_request, response) => response.end('{}')));
  expect(bad(await checkPort(config({ port })))).toMatchObject([
    { says: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken.`) },
  ]);
});

test.each([
  ['127.0.0.1', undefined, 0],
  ['0.0.0.0', undefined, 1],
  ['0.0.0.0', 'https://threadcast.example.org', 0],
  ['0.0.0.0', 'http://threadcast.example.org', 1],
  ['127.0.0.1', 'http://localhost:3000', 0],
  ['::1', 'http://[::1]:3000', 0],
])('HOST %s with PUBLIC_URL %s has %i problems', (host, publicUrl, problems) => {
  expect(bad(checkPublicUrl(config({ host, publicUrl })))).toHaveLength(problems);
});

test('without PUBLIC_URL it says that messages on GitHub and Slack carry no links', () => {
  const github = { appId: 1, privateKey: { pem: '' }, host: undefined, protocol: 'https' } as const;
  expect(checkPublicUrl(config({ github }))).toEqual([
    { state: 'note', says: expect.stringContaining('carry no link to the session page') },
  ]);
  const publicUrl = 'https://threadcast.example.org';
  expect(checkPublicUrl(config({ github, publicUrl }))).toMatchObject([{ state: 'good' }]);
});
