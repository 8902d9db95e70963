/** Storages for tests: a data directory of their own, real time, and a log that must stay quiet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Logger } from '../../src/core/ports/logger.ts';
import { openStorage, type Storage } from '../../src/storage/open.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'threadcast-storage-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** `close` removes the data directory too. */
export async function openTestStorage(url?: string, logger = silentLogger): Promise<Storage> {
  const directory = temporaryDirectory();
  const storage = await openStorage({ url, dataDir: directory.path, clock: realClock, logger });
  return {
    ...storage,
    async close() {
      await storage.close();
      directory.remove();
    },
  };
}
