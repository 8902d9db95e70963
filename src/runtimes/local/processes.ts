/**
 * Which processes belong to a launch, and signals to all of them. On Linux the answer comes from
 * /proc (process group, and the marker variable for those that left the group); elsewhere only the
 * group can be asked. Zombies count as gone: they run nothing.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { LAUNCH_MARKER } from './environment.ts';

export interface ProcessQuery {
  /** Process group, when it is certainly ours. */
  readonly pgid: number | null;
  /** Value of the marker variable, or with `#` at the end its beginning. */
  readonly marker: string;
}

interface Stat {
  readonly state: string;
  readonly pgid: number;
  /** Ticks since boot; with the boot id it names one process for ever. */
  readonly startTime: string;
}

const hasProc = existsSync('/proc/self/stat');

async function statOf(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is the command in parentheses, which may itself contain spaces and `)`.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', pgid: Number(fields[2]), startTime: fields[19] ?? '' };
}

/** The process group that we are in; our own pid where it cannot be asked. */
export async function ownGroup(): Promise<number> {
  return (await statOf(process.pid))?.pgid ?? process.pid;
}

async function hasMarker(pid: number, marker: string): Promise<boolean> {
  const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  const wanted = Buffer.from(`${LAUNCH_MARKER}=${marker}`).toString('latin1');
  return environ
    .split('\0')
    .some((entry) => (marker.endsWith('#') ? entry.startsWith(wanted) : entry === wanted));
}

/** Living processes of the launch, ourselves never among them. */
async function findInProc(query: ProcessQuery): Promise<readonly number[]> {
  const names = await readdir('/proc');
  const checked = await Promise.all(
    names
      .filter((name) => /^[0-9]+$/.test(name))
      .map(Number)
      .map(async (pid) => {
        if (pid === process.pid) return [];
        const stat = await statOf(pid);
        if (stat === undefined || 'ZXx'.includes(stat.state)) return [];
        const ours = stat.pgid === query.pgid || (await hasMarker(pid, query.marker));
        return ours ? [pid] : [];
      }),
  );
  return checked.flat();
}

function groupLives(pgid: number): boolean {
  try {
    process.kill(-pgid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Processes left, as targets of a signal: a pid, or minus the pgid for a whole group. */
export async function findProcesses(query: ProcessQuery): Promise<readonly number[]> {
  if (hasProc) return findInProc(query);
  return query.pgid !== null && groupLives(query.pgid) ? [-query.pgid] : [];
}

/** Sends `signal` to the group and to each target; one that is gone already is no error. */
export function signalAll(
  query: ProcessQuery,
  targets: readonly number[],
  signal: NodeJS.Signals,
): void {
  for (const target of query.pgid === null ? targets : [-query.pgid, ...targets]) {
    try {
      process.kill(target, signal);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  }
}

const run = promisify(execFile);

/**
 * Names the process that has this pid now, so that a later one with the same pid is not taken for
 * it; null when there is none.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (hasProc) {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    const stat = await statOf(pid);
    return stat === undefined ? null : `${boot.trim()}:${stat.startTime}`;
  }
  return run('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim() || null,
    () => null,
  );
}
