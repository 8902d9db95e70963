/**
 * Directories of a session: `<workspacesDir>/<sessionId>/{work,home}`, readable by us only. The
 * session's own directory also holds `agent.json`, which says what runs there.
 */
import { chmod, mkdir, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../../core/model/errors.ts';

export interface SessionDirectories {
  /** Absolute; holds the others. */
  readonly session: string;
  readonly work: string;
  readonly home: string;
}

const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** AppError `invalid` for an id that is no plain name of a directory (`..`, a separator, a dot first). */
export function sessionDirectories(workspacesDir: string, sessionId: string): SessionDirectories {
  if (!SAFE_NAME.test(sessionId)) {
    throw new AppError(
      'invalid',
      'A session id is 1 to 128 of A-Z a-z 0-9 . _ - and does not begin with a dot.',
      { details: { field: 'sessionId' } },
    );
  }
  const session = join(resolve(workspacesDir), sessionId);
  return { session, work: join(session, 'work'), home: join(session, 'home') };
}

/** Makes what is missing. Gives the directory that the agent runs in; AppError `agent_failed`. */
export async function prepareWorkspace(
  directories: SessionDirectories,
  cwd: string | null,
): Promise<string> {
  const { session, home, work } = directories;
  try {
    for (const path of cwd === null ? [session, home, work] : [session, home]) {
      await privateDirectory(path);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('agent_failed', `The agent got no workspace: ${reason}`, { cause });
  }
  if (cwd === null) return work;
  const found = isAbsolute(cwd) ? await stat(cwd).catch(() => undefined) : undefined;
  if (found?.isDirectory() !== true) {
    throw new AppError(
      'agent_failed',
      `The agent cannot run in "${cwd}": there is no such directory on this machine.`,
      { details: { cwd } },
    );
  }
  return resolve(cwd);
}

async function privateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  // mkdir leaves the mode of one that exists.
  await chmod(path, 0o700);
}
