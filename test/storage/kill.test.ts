/** What was acknowledged outlives SIGKILL at any moment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { parseId } from '../../src/core/model/ids.ts';
import { openStorage } from '../../src/storage/open.ts';
import { startPostgres } from '../harness/databases.ts';
import { realClock, silentLogger, temporaryDirectory } from './open-test-storage.ts';

const postgres = await startPostgres();
const SCRIPT = join(import.meta.dirname, 'commit-forever.ts');

/** Runs the script and kills it some time after its first acknowledgement; gives what it printed. */
async function runAndKill(dataDir: string, url: string, id: string, after: number) {
  const child = spawn(process.execPath, [SCRIPT, dataDir, url, id], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    if (line !== 'ready') acknowledged.push(line);
    if (acknowledged.length === after) child.kill('SIGKILL');
  });
  await Promise.all([once(child, 'close'), once(lines, 'close')]);
  return acknowledged;
}

async function expectAllKept(url: string, kills: readonly number[]): Promise<void> {
  const directory = temporaryDirectory();
  const id = parseId('s', 's_killed');
  if (id === undefined) throw new Error('no id');
  const before: string[] = [];
  for (const after of kills) {
    const acknowledged = await runAndKill(directory.path, url, id, after);
    expect(acknowledged.length).toBeGreaterThanOrEqual(after);
    before.push(...acknowledged);
    // Opens again at once: nothing of the killed process is in the way.
    const storage = await openStorage({
      dataDir: directory.path,
      url,
      clock: realClock,
      logger: silentLogger,
    });
    const log = await storage.sessions.events(id, 0, 1_000_000);
    expect(log.map((event) => event.seq)).toEqual(log.map((_, index) => index + 1));
    const kept = new Set(log.map((event) => `${event.seq} ${event.json}`));
    expect(before.filter((line) => !kept.has(line))).toEqual([]);
    await storage.close();
  }
  directory.remove();
}

describe('a server that is killed', () => {
  const seed = Date.now() % 100_000;
  const kills = [1 + (seed % 7), 20 + (seed % 100), 200 + (seed % 300)];
  process.stdout.write(`kill seed ${seed}\n`);

  it('has kept everything that it acknowledged on SQLite', () => expectAllKept('', kills));

  it('has kept everything that it acknowledged on PGlite', () =>
    expectAllKept('pglite://pglite', kills.slice(2)));

  it.skipIf(!postgres)('has kept everything that it acknowledged on Postgres', async () => {
    await expectAllKept((await postgres?.freshDatabase()) ?? '', kills);
  });
});
