/** The data directory: whose it is, and who may read it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isAppError } from '../../src/core/model/errors.ts';
import { openStorage, type Storage } from '../../src/storage/open.ts';
import { realClock, silentLogger, temporaryDirectory } from './open-test-storage.ts';

const directory = temporaryDirectory();
afterEach(() => directory.remove());

function open(dataDir: string, url?: string): Promise<Storage> {
  return openStorage({ dataDir, url, clock: realClock, logger: silentLogger });
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (isAppError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no refusal';
}

describe('the data directory', () => {
  it('is made for its owner alone, and so is what lies in it', async () => {
    const dataDir = join(directory.path, 'deep', 'data');
    const storage = await open(dataDir);
    const modes = ['.', 'threadcast.db', 'threadcast.db-wal', 'server.lock'].map((name) =>
      (statSync(join(dataDir, name)).mode & 0o777).toString(8),
    );
    expect(modes).toEqual(['700', '600', '600', '600']);
    await storage.close();
  });

  it('belongs to one server at a time', async () => {
    const storage = await open(directory.path);
    expect((await refusal(open(directory.path))).replace(directory.path, '<dir>')).toBe(
      'conflict: Another Threadcast server is using the data directory <dir>. Stop it, or choose another directory with THREADCAST_DATA_DIR.',
    );
    await storage.ping();
    await storage.close();
    await storage.close();
    await (await open(directory.path)).close();
  });

  it('is free again the moment its server was killed', async () => {
    const script = join(import.meta.dirname, 'commit-forever.ts');
    const child = spawn(process.execPath, [script, directory.path, '', 's_1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(await refusal(open(directory.path))).toMatch(/^conflict: Another Threadcast server/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await open(directory.path)).close();
  });

  it('is asked for in a sentence when it cannot be made', async () => {
    expect(await refusal(open('/proc/nowhere'))).toMatchInlineSnapshot(
      `"unavailable: The data directory /proc/nowhere cannot be made or is not ours. Choose another with THREADCAST_DATA_DIR, or mend its permissions."`,
    );
  });

  it('holds no database for a URL that names none', async () => {
    expect(await refusal(open(directory.path, 'mysql://x'))).toMatchInlineSnapshot(
      `"invalid: DATABASE_URL must begin with postgres:// or pglite://, or be empty for SQLite in the data directory."`,
    );
    expect(await refusal(open(directory.path, 'pglite://'))).toMatch(/^invalid: DATABASE_URL/);
    // The lock was given back.
    await (await open(directory.path)).close();
  });
});
