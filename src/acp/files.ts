/**
 * `fs/read_text_file` and `fs/write_text_file`, for the agents that call them although we advertise
 * neither. Invariant: nothing outside the workspace is read or written; symbolic links are resolved
 * before the path is judged.
 */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, mkdir, open, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { RequestError } from '@agentclientprotocol/sdk/unstable';

/** A file must fit into one ACP message. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** A link that was put there after the path was judged is refused; a pipe makes nobody wait. */
const GUARDED = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface ReadRange {
  /** First line, from 1. */
  readonly line?: number | null | undefined;
  /** Most lines. */
  readonly limit?: number | null | undefined;
}

export async function readTextFile(
  workspace: string,
  path: string,
  range: ReadRange,
): Promise<string> {
  const real = await confine(workspace, path);
  const text = await withFile(real, constants.O_RDONLY, path, async (file) => {
    const { size } = await file.stat();
    if (size <= MAX_FILE_BYTES) return file.readFile('utf8');
    throw RequestError.invalidParams({ path }, `the file has ${size} bytes, too many`);
  });
  const first = Math.max(1, range.line ?? 1) - 1;
  const end = first + (range.limit ?? Infinity);
  return text.split('\n').slice(first, end).join('\n');
}

export async function writeTextFile(
  workspace: string,
  path: string,
  content: string,
): Promise<void> {
  const real = await confine(workspace, path);
  await mkdir(dirname(real), { recursive: true });
  const flags = constants.O_WRONLY | constants.O_CREAT;
  await withFile(real, flags, path, async (file) => {
    await file.truncate();
    await file.writeFile(content);
  });
}

/** Only regular files: opening a pipe or a device may wait for ever, or do more than read. */
async function withFile<T>(
  real: string,
  flags: number,
  path: string,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(real, flags | GUARDED).catch((error: unknown) => {
    if (isNoFile(error)) return undefined;
    throw error;
  });
  try {
    if (file && (await file.stat()).isFile()) return await use(file);
  } finally {
    await file?.close();
  }
  throw RequestError.resourceNotFound(path);
}

/** Nothing there, a link, a directory, or a pipe that nobody reads. */
const NO_FILE = new Set<unknown>(['ENOENT', 'ELOOP', 'EISDIR', 'ENXIO']);

function isNoFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NO_FILE.has(error.code);
}

/** The path with every link resolved; RequestError (-32602) when it leads out of the workspace. */
async function confine(workspace: string, path: string): Promise<string> {
  const root = await realpath(workspace);
  const real = await realpathOfNew(isAbsolute(path) ? resolve(path) : resolve(root, path));
  const inside = real === undefined ? '..' : relative(root, real);
  if (
    real === undefined ||
    inside === '..' ||
    inside.startsWith(`..${sep}`) ||
    isAbsolute(inside)
  ) {
    throw RequestError.invalidParams({ path }, 'the path is outside the workspace');
  }
  return real;
}

/** realpath of a path whose end need not exist; undefined for a link that points to nothing. */
async function realpathOfNew(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    const exists = await lstat(path).then(
      () => true,
      () => false,
    );
    if (exists || dirname(path) === path) return undefined;
    const parent = await realpathOfNew(dirname(path));
    return parent === undefined ? undefined : join(parent, basename(path));
  }
}
