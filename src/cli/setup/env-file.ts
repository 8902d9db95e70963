/** The `.env` in the working directory: names are added, and none that is there is changed. */
import { randomUUID } from 'node:crypto';
import { access, constants, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { AppError } from '../../core/model/errors.ts';
import { codeOf } from '../sentence.ts';

/** Those of the names that the file has already. */
export async function namesIn(file: string, names: readonly string[]): Promise<readonly string[]> {
  const known = parseEnv(await textOf(file));
  return names.filter((name) => known[name] !== undefined);
}

/** AppError `unavailable` when nothing can be added: better told before there are secrets to keep. */
export async function assertWritable(file: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  try {
    await textOf(target);
    // What is written replaces the file, so its directory is what counts.
    await access(path.dirname(target), constants.W_OK);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const mend = 'Run this in a directory where you may write.';
    throw new AppError('unavailable', `${file} cannot be written: ${why}. ${mend}`, { cause });
  }
}

/**
 * All of them or none, in one step; afterwards the file is readable by its owner alone. A line
 * break in a value is written as \n. AppError `conflict` when the file has one of the names.
 */
export async function addToEnvFile(
  file: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const taken = await namesIn(file, Object.keys(values));
  if (taken.length > 0) {
    throw new AppError('conflict', `${file} has ${taken.join(', ')} already.`);
  }
  const before = await textOf(file);
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}\n`);
  // A link stays a link: what it leads to is replaced.
  const target = await realpath(file).catch(() => file);
  const fresh = `${target}.${randomUUID()}`;
  try {
    await writeFile(fresh, `${before}${gap}${lines.join('')}`, { mode: 0o600, flag: 'wx' });
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

function quoted(value: string): string {
  const line = value.trimEnd().replaceAll('\n', '\\n');
  if (/["\r]/.test(line)) throw new AppError('invalid', 'A value for .env holds a quotation mark.');
  return /^[\w.:/-]*$/.test(line) ? line : `"${line}"`;
}
