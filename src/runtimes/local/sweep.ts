/**
 * Ends every process of a launch and proves it: SIGTERM, a grace period, SIGKILL, until a look at
 * the process table finds none. Looks every few milliseconds, for there is no event for the end of
 * a process that is not our child.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/ports/clock.ts';
import { findProcesses, signalAll } from './processes.ts';
import type { ProcessQuery } from './processes.ts';

/** SIGTERM to SIGKILL, when the caller says nothing else. */
export const DEFAULT_GRACE_MS = 5_000;

const FIRST_LOOK_MS = 10;
/** Looking costs a walk through /proc, so it gets rarer. */
const LOOK_EVERY_MS = 160;
/** How long SIGKILL may take (a process in the middle of I/O dies late) before we give up. */
const KILL_WAIT_MS = 5_000;

/** Waits until no process is left, at most until `deadline` (clock time). True when none is left. */
export async function waitUntilGone(
  query: ProcessQuery,
  clock: Clock,
  deadline: number,
): Promise<boolean> {
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(2 * wait, LOOK_EVERY_MS)) {
    const left = await findProcesses(query);
    if (left.length === 0) return true;
    if (clock.now() >= deadline) return false;
    // A real, ref'd timer: the loop must go on looking while nothing else keeps us up.
    await pause(wait);
  }
}

/** Gives the pids that survived even SIGKILL: none, unless the kernel or another user holds them. */
export async function sweep(
  query: ProcessQuery,
  clock: Clock,
  graceMs: number,
): Promise<readonly number[]> {
  const left = await findProcesses(query);
  if (left.length === 0) return [];
  signalAll(query, left, 'SIGTERM');
  if (await waitUntilGone(query, clock, clock.now() + graceMs)) return [];
  const deadline = clock.now() + KILL_WAIT_MS;
  for (;;) {
    // Again and again: one may fork between our look and our signal.
    const stubborn = await findProcesses(query);
    if (stubborn.length === 0) return [];
    signalAll(query, stubborn, 'SIGKILL');
    if (clock.now() >= deadline) return stubborn;
    await pause(FIRST_LOOK_MS);
  }
}
