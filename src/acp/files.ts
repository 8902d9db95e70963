/**
 * `fs/read_text_file` and `fs/write_text_file`, for the agents that call them although we advertise
 * neither. Invariant: nothing outside the workspace is read or written; symbolic links are resolved
 * before the path is judged.
 */
import { lstat, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { RequestError } from '@agentclientprotocol/sdk/unstable';

/** A file must fit into one ACP message. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

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
  const info = await stat(real).catch(() => undefined);
  if (info?.isFile() !== true) throw RequestError.resourceNotFound(path);
  if (info.size > MAX_FILE_BYTES) {
    throw RequestError.invalidParams({ path }, `the file has ${info.size} bytes, too many`);
  }
  const text = await readFile(real, 'utf8');
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
  await writeFile(real, content);
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
