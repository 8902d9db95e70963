/**
 * The secrets that live as files in the data directory. Each is made once, mode 0600, and never
 * replaced: when two processes start together, both end up with the one that was linked first.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../core/model/errors.ts';

const KEY_BYTES = 32;

/** Makes the data directory, 0700, when it is missing. An existing one keeps its mode. */
export async function ensureDataDir(dataDir: string): Promise<void> {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // The umask may have taken bits away, never added any; recursive parents keep the default.
  if (made !== undefined) await chmod(dataDir, 0o700);
}

/**
 * The server's 32-byte key from `<dataDir>/secret-key` (stored as base64url), made on first use.
 * AppError `invalid` when the file is damaged or readable by others.
 */
export async function readOrCreateServerKey(dataDir: string): Promise<Uint8Array> {
  const file = serverKeyPath(dataDir);
  const { text } = await readOrCreate(file, () => randomBytes(KEY_BYTES).toString('base64url'));
  const key = Buffer.from(text, 'base64url');
  if (key.length !== KEY_BYTES) {
    throw new AppError(
      'invalid',
      `${file} is damaged: it must hold ${KEY_BYTES} bytes as base64url. Restore it from a backup, or delete it (logins and open buttons are lost then).`,
    );
  }
  return key;
}

/** A key of its own for each purpose, so that none can be used for another. */
export function purposeKey(serverKey: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', serverKey, '', `threadcast ${purpose}`, 32));
}

/**
 * The admin token from `<dataDir>/admin-token`. `mint` makes one on first use, and `created` says
 * that it did. AppError `invalid` when the file is empty or readable by others.
 */
export async function readOrCreateAdminToken(
  dataDir: string,
  mint: () => string,
): Promise<{ readonly token: string; readonly created: boolean }> {
  const file = adminTokenPath(dataDir);
  const { text, created } = await readOrCreate(file, mint);
  if (text === '') {
    throw new AppError('invalid', `${file} is empty. Delete it to have a new token made.`);
  }
  return { token: text, created };
}

export function serverKeyPath(dataDir: string): string {
  return path.join(dataDir, 'secret-key');
}

export function adminTokenPath(dataDir: string): string {
  return path.join(dataDir, 'admin-token');
}

interface Secret {
  readonly text: string;
  readonly created: boolean;
}

async function readOrCreate(file: string, make: () => string): Promise<Secret> {
  try {
    return await readOrCreateSecret(file, make);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? PLACE_IS_WRONG.get(error.code) : '';
    if (!reason) throw error;
    throw new AppError(
      'unavailable',
      `The data directory ${path.dirname(file)} cannot be used: ${reason}. Mend that, or choose another with THREADCAST_DATA_DIR.`,
      { cause: error },
    );
  }
}

/** Errors of a file system that a person mends; the rest is ours. */
const PLACE_IS_WRONG = new Map<unknown, string>([
  ['ENOTDIR', 'it is, or lies below, something that is no directory'],
  ['EEXIST', 'it is, or lies below, something that is no directory'],
  ['EACCES', 'this user may not write there'],
  ['EPERM', 'this user may not write there'],
  ['EROFS', 'it is on a read-only file system'],
  ['ENOSPC', 'its disk is full'],
  ['EDQUOT', 'its disk is full'],
]);

async function readOrCreateSecret(file: string, make: () => string): Promise<Secret> {
  const found = await readSecret(file);
  if (found !== undefined) return { text: found, created: false };
  const made = make();
  await ensureDataDir(path.dirname(file));
  if (await createWhole(file, `${made}\n`)) return { text: made, created: true };
  const theirs = await readSecret(file);
  if (theirs !== undefined) return { text: theirs, created: false };
  throw new AppError('unavailable', `${file} vanished while it was read. Start again.`);
}

async function readSecret(file: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new AppError(
        'invalid',
        `${file} can be read by other users of this machine. Run: chmod 600 ${file}`,
      );
    }
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Writes aside, then links: the file is never seen half-written. False when it exists already. */
async function createWhole(file: string, text: string): Promise<boolean> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
    await link(aside, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await handle.close();
    await unlink(aside);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
