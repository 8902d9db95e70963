/** Where a server cannot start or cannot write: a sentence that names the place, and no harm done. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  eventually,
  failingServer,
  startServerProcess,
  temporaryDirectory,
} from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { logIn, webClient } from '../harness/web-client.ts';
import { createSession, logged, prompt, readLog, turnEnded } from './program.ts';
import { messageWith } from './thread-text.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let servers: ServerProcess[] = [];
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  servers = [];
  await directory.remove();
});

async function start(dataDir: string): Promise<ServerProcess> {
  const server = await startServerProcess({ dataDir });
  servers.push(server);
  return server;
}

/** What a start that fails prints, with what changes from run to run replaced. */
async function refusal(dataDir: string, env: Record<string, string> = {}): Promise<string> {
  const { code, output } = await failingServer({ dataDir, env });
  expect(code).toBe(1);
  const said = output.split('\n').filter((line) => !line.startsWith('{'));
  return said.join('\n').replaceAll(directory.path, '<directory>').trim();
}

describe('a start', () => {
  it('on a data directory that another server uses is refused, and the other goes on', async () => {
    const first = await start(directory.path);
    expect(await refusal(directory.path)).toMatchInlineSnapshot(`
      "Threadcast cannot start:
        Another Threadcast server is using the data directory <directory>. Stop it, or choose another directory with THREADCAST_DATA_DIR."
    `);
    const { id } = await createSession(first);
    const { promptId } = await prompt(first, id, 'hello');
    expect((await turnEnded(first, id, promptId)).data['stopReason']).toBe('end_turn');
  });

  it('on a place that is no directory says so', async () => {
    const file = path.join(directory.path, 'a-file');
    await writeFile(file, '');
    expect(await refusal(file)).toMatchInlineSnapshot(`
      "Threadcast cannot start:
        The data directory <directory>/a-file cannot be used: it is, or lies below, something that is no directory. Mend that, or choose another with THREADCAST_DATA_DIR."
    `);
    expect(await refusal(path.join(file, 'below'))).toMatchInlineSnapshot(`
      "Threadcast cannot start:
        The data directory <directory>/a-file/below cannot be used: it is, or lies below, something that is no directory. Mend that, or choose another with THREADCAST_DATA_DIR."
    `);
  });

  it('on a disk that cannot be written says so', async (test) => {
    const disk = mountSmallDisk(directory.path, 'ro');
    if (disk === undefined) return test.skip('no read-only disk can be mounted here (needs root)');
    try {
      expect(await refusal(directory.path)).toMatchInlineSnapshot(`
        "Threadcast cannot start:
          The data directory <directory> cannot be used: it is on a read-only file system. Mend that, or choose another with THREADCAST_DATA_DIR."
      `);
    } finally {
      disk.unmount();
    }
  });

  it('on a database file that is none says so, and leaves the file alone', async () => {
    const file = path.join(directory.path, 'threadcast.db');
    const content = 'not a database'.repeat(1000);
    await writeFile(file, content);
    expect(await refusal(directory.path)).toMatchInlineSnapshot(`
      "Threadcast cannot start:
        <directory>/threadcast.db is damaged, or no SQLite database. Move it away, or put a backup in its place."
    `);
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('on a port that is taken names the port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const output = await refusal(directory.path, { PORT: port });
    taken.close();
    expect(output.replaceAll(port, '<port>')).toMatchInlineSnapshot(`
      "Threadcast cannot start:
        Port <port> on 127.0.0.1 is taken. Is Threadcast running already? Otherwise set PORT to another one (0 takes a free one)."
    `);
  });

  it('with a database that does not answer says so without its password', async () => {
    const env = { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/none' };
    const output = await refusal(directory.path, env);
    expect(output).toMatchInlineSnapshot(`
      "Threadcast cannot start:
        The database server at 127.0.0.1:1 does not answer. Start it, or correct its address. DATABASE_URL names it."
    `);
  });

  it('with wrong settings lists all of them at once', async () => {
    const env = {
      PORT: '99999',
      HOST: 'http://here',
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      PUBLIC_URL: 'example.org',
      LOG_LEVEL: 'loud',
    };
    expect(await refusal(directory.path, env)).toMatchInlineSnapshot(`
      "Threadcast cannot start:
        PORT must be a whole number from 0 to 65535, not "99999".
        HOST must be a host name or an IP address, without scheme and port, not "http://here".
        DATABASE_URL must begin with postgres:// or pglite:// (leave it out for the built-in SQLite file).
        PUBLIC_URL must be an http:// or https:// address without query, such as https://threadcast.example.org, not "example.org".
        LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"."
    `);
  });
});

/** A small disk of its own for the data directory; undefined where we may not make one. */
function mountSmallDisk(at: string, mode = 'rw'): { unmount(): void } | undefined {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=6m,${mode}`, 'tmpfs', at]);
  if (mounted.status !== 0) return undefined;
  return { unmount: () => void spawnSync('umount', ['--lazy', at]) };
}

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
      await writeAll(handle, size);
    }
  } finally {
    await handle.close();
  }
}

/** Writes pieces of this size until there is no room for one more. */
async function writeAll(handle: Awaited<ReturnType<typeof open>>, size: number): Promise<void> {
  const piece = Buffer.alloc(size, 'x');
  for (;;) {
    try {
      if ((await handle.write(piece)).bytesWritten < size) return;
    } catch {
      return;
    }
  }
}

it('on a full disk what is new is refused with a sentence, the rest goes on, and room mends it', async (test) => {
  const place = path.join(directory.path, 'disk');
  await mkdir(place);
  await chmod(place, 0o700);
  const disk = mountSmallDisk(place);
  if (disk === undefined) return test.skip('no small disk can be mounted here (needs root)');
  try {
    await liveThroughFullDisk(place);
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    disk.unmount();
  }
}, 60_000);

const FULL = 'The disk of the data directory is full. Free some space, then try again.';

async function liveThroughFullDisk(place: string): Promise<void> {
  const server = await start(place);
  const web = webClient(server.url, await logIn(server.loginUrl));
  const { id } = await createSession(server);
  const { promptId: slow } = await prompt(server, id, 'slow');
  await logged(server, id, ({ data }) => JSON.stringify(data).includes('still here'));
  const filler = path.join(place, 'filler');
  await fill(filler);
  // The end of the write-ahead log may still have room.
  const refused = await eventually(async () => {
    try {
      await prompt(server, id, 'x'.repeat(100_000));
      return undefined;
    } catch (error) {
      return String(error);
    }
  });
  expect(refused).toContain('503');
  expect(refused).toContain(FULL);
  await expect(web.openThread('hello')).rejects.toThrow(FULL);
  await expect(createSession(server)).rejects.toThrow(FULL);
  // The turn goes on and what it says waits for room.
  await eventually(async () => server.output().includes('session not written') || undefined);
  expect((await readLog(server, id)).length).toBeGreaterThan(3);
  expect(await server.api('GET', '/health')).toMatchObject({ status: 'ok' });

  await rm(filler);
  const threadId = await eventually(() => web.openThread('hello'));
  await messageWith(web, threadId, 'I am the example agent');
  await server.api('POST', `/sessions/${id}/cancel`, {});
  const end = await turnEnded(server, id, slow);
  expect(end.data).toMatchObject({ stopReason: 'cancelled' });
  const log = await readLog(server, id);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  // Nothing that the agent said while there was no room is lost.
  const text = log
    .flatMap(({ type, data }) => (type === 'update' ? [data['update']] : []))
    .map((update) => (update as { content?: { text?: string } }).content?.text ?? '')
    .join('');
  const lines = text.trimEnd().split('\n');
  expect(lines).toEqual(lines.map((_, index) => `${index + 1} of 40: still here.`));
}
