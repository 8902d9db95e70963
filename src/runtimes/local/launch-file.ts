/**
 * `agent.json` in a session's directory: the process that was started there last. It lets a server
 * end what one before it, killed, has left running.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ownGroup, processIdentity } from './processes.ts';

const schema = z.object({ pid: z.number().int().positive(), identity: z.string().nullable() });

const fileOf = (sessionDir: string): string => join(sessionDir, 'agent.json');

export async function writeLaunchFile(sessionDir: string, pid: number): Promise<void> {
  const body = JSON.stringify({ pid, identity: await processIdentity(pid) });
  await writeFile(fileOf(sessionDir), body, { mode: 0o600 });
}

/** The process group that the file names, if its leader is still the very same process; or null. */
export async function groupFromLaunchFile(sessionDir: string): Promise<number | null> {
  const text = await readFile(fileOf(sessionDir), 'utf8').catch(() => undefined);
  if (text === undefined) return null;
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.identity === null) return null;
  // The file lies where the agent can write: it must not make us end ourselves, nor, by the "group"
  // of process 1, whatever there is.
  const spared = [1, process.pid, await ownGroup()];
  if (spared.includes(parsed.data.pid)) return null;
  const now = await processIdentity(parsed.data.pid);
  return now === parsed.data.identity ? parsed.data.pid : null;
}

/** Removes the file if it still names this process: a newer launch has written its own. */
export async function removeLaunchFile(sessionDir: string, pid?: number): Promise<void> {
  if (pid !== undefined) {
    const text = await readFile(fileOf(sessionDir), 'utf8').catch(() => undefined);
    const parsed = schema.safeParse(text === undefined ? undefined : parseJson(text));
    if (parsed.success && parsed.data.pid !== pid) return;
  }
  await rm(fileOf(sessionDir), { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut off by a crash while it was written: as good as absent.
    return undefined;
  }
}
