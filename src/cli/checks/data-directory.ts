/** Can the server keep its data there, and nobody else read it? */
import { randomBytes } from 'node:crypto';
import { access, constants, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Finding } from '../command.ts';
import { codeOf } from '../sentence.ts';

const MIB = 1024 * 1024;
/** A full disk stops every session: the log cannot be written. */
const LEAST_FREE_BYTES = 200 * MIB;
const LITTLE_FREE_BYTES = 2048 * MIB;

export async function checkDataDirectory(dataDir: string): Promise<readonly Finding[]> {
  const found = await stat(dataDir).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return checkParent(dataDir);
  if (!found.isDirectory()) {
    const mend = 'Move it away, or set THREADCAST_DATA_DIR to a directory.';
    return [{ state: 'bad', says: `${dataDir} is not a directory.`, mend }];
  }
  const writable = await checkWritable(dataDir);
  const open = await openToOthers(dataDir, found.mode);
  return [...writable, ...open, freeSpace(dataDir, await freeBytes(dataDir))];
}

async function checkParent(dataDir: string): Promise<readonly Finding[]> {
  let parent = path.dirname(dataDir);
  while (!(await canSee(parent)) && parent !== path.dirname(parent)) parent = path.dirname(parent);
  try {
    await access(parent, constants.W_OK | constants.X_OK);
  } catch {
    const mend = `Make it for this user: mkdir -m 700 -p ${dataDir}`;
    return [{ state: 'bad', says: `${dataDir} is missing and cannot be made here.`, mend }];
  }
  const note: Finding = { state: 'note', says: `${dataDir} will be made at the first start` };
  return [note, freeSpace(parent, await freeBytes(parent))];
}

async function canSee(directory: string): Promise<boolean> {
  return stat(directory).then(
    () => true,
    () => false,
  );
}

async function checkWritable(dataDir: string): Promise<readonly Finding[]> {
  const probe = path.join(dataDir, `.probe-${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(probe, 'x', { flag: 'wx', mode: 0o600 });
    await unlink(probe);
    return [{ state: 'good', says: `${dataDir} is writable` }];
  } catch (error) {
    const mend = `Give it to the user that runs the server: chown -R <user> ${dataDir}`;
    const says = `${dataDir} is not writable (${codeOf(error) ?? String(error)}).`;
    return [{ state: 'bad', says, mend }];
  }
}

/** The directory and its secrets are for the server's user alone. */
async function openToOthers(dataDir: string, mode: number): Promise<readonly Finding[]> {
  if (process.platform === 'win32') return [];
  const findings: Finding[] = [];
  const judge = (file: string, fileMode: number, right: string): void => {
    if ((fileMode & 0o077) === 0) return;
    const says = `${file} can be read by other users of this machine.`;
    findings.push({ state: 'bad', says, mend: `chmod ${right} ${file}` });
  };
  judge(dataDir, mode, '700');
  for (const name of ['secret-key', 'admin-token']) {
    const file = path.join(dataDir, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined) judge(file, found.mode, '600');
  }
  return findings;
}

async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** Judges what is free where the data lies. */
export function freeSpace(directory: string, bytes: number): Finding {
  const says = `${Math.floor(bytes / MIB).toLocaleString('en')} MiB free in ${directory}`;
  if (bytes >= LITTLE_FREE_BYTES) return { state: 'good', says };
  if (bytes >= LEAST_FREE_BYTES) return { state: 'note', says: `Only ${says}` };
  return { state: 'bad', says: `Only ${says}.`, mend: 'Make room, or move the data directory.' };
}
