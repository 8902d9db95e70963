/**
 * One running agent: its stdio, and its end.
 *
 *   running ──end()──▶ stdin closed ──3 s──▶ SIGTERM ──grace──▶ SIGKILL ──▶ gone
 *      └──exits by itself──▶ what it left behind is swept ──▶ gone
 *
 * Whichever way, the whole group ends: an agent's shell command must not outlive it.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { AgentExit, AgentProcess } from '../../core/ports/runtime.ts';
import { AppError } from '../../core/model/errors.ts';
import { createTail } from './stderr-tail.ts';
import type { Tail } from './stderr-tail.ts';
import { DEFAULT_GRACE_MS, sweep, waitUntilGone } from './sweep.ts';
import type { ProcessQuery } from './processes.ts';

/** How long an agent may take to leave by itself once its stdin is closed. */
const STDIN_CLOSED_MS = 3_000;
/** How long a pipe may stay open, with nothing in it, after the last process that we can find. */
const PIPE_WAIT_MS = 1_000;
/** How long what an agent left behind may take to end; shorter, for somebody waits for the reason. */
const LEFTOVER_GRACE_MS = 1_000;

export interface SuperviseOptions {
  readonly cwd: string;
  readonly marker: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, when no process is left. */
  readonly onGone: (pid: number) => Promise<void>;
}

/** Takes a child that has emitted `spawn`. */
export function superviseProcess(
  child: ChildProcessWithoutNullStreams,
  options: SuperviseOptions,
): { readonly pid: number; readonly process: AgentProcess } {
  const pid = child.pid;
  if (pid === undefined) throw new Error('A child that was spawned has a pid');
  const query: ProcessQuery = { pgid: pid, marker: options.marker };
  const tail = createTail();
  // At the exit of a child Node throws away what nobody reads yet; a listener keeps it for later.
  child.stdout.on('readable', () => undefined);
  child.stderr.on('data', (bytes: Buffer) => tail.push(bytes));
  child.on('error', (error) => options.logger.debug({ pid, err: error }, 'Agent process error'));
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // A broken pipe is told by `write`, and by the exit; unheard it would end the server.
    stream.on('error', (error) => options.logger.debug({ pid, err: error }, 'Agent pipe broke'));
  }

  /** The shortest that somebody asked for; null while nobody has asked for the end. */
  let graceMs: number | null = null;
  let readers = 0;
  let ending: Promise<AgentExit> | undefined;
  let gone = false;
  const exited = settle(child, query, tail, options, {
    graceMs: () => graceMs ?? LEFTOVER_GRACE_MS,
    reader: () => (readers > 0 ? 'reads' : ending === undefined ? 'may come' : 'none'),
  });

  void exited.then(() => {
    gone = true;
  });

  const process: AgentProcess = {
    cwd: options.cwd,
    stdout: {
      [Symbol.asyncIterator]() {
        readers += 1;
        return child.stdout[Symbol.asyncIterator]();
      },
    },
    write: (bytes) => writeTo(child, bytes),
    exited,
    stderrTail: () => tail.text(),
    end(endOptions) {
      // By now its pid may be that of another process.
      if (gone) return exited;
      graceMs = Math.min(graceMs ?? Infinity, endOptions?.graceMs ?? DEFAULT_GRACE_MS);
      ending ??= (async () => {
        child.stdin.end();
        await waitUntilGone(query, options.clock, options.clock.now() + STDIN_CLOSED_MS);
        await sweep(query, options.clock, graceMs ?? DEFAULT_GRACE_MS);
        return exited;
      })();
      return ending;
    },
  };
  return { pid, process };
}

function writeTo(child: ChildProcessWithoutNullStreams, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdin.write(bytes, (error) => {
      if (error) {
        reject(new AppError('agent_failed', "The agent's process is gone.", { cause: error }));
      } else resolve();
    });
  });
}

/** Waits for the exit, sweeps what is left and waits until the output was read. Never rejects. */
async function settle(
  child: ChildProcessWithoutNullStreams,
  query: ProcessQuery,
  tail: Tail,
  options: SuperviseOptions,
  live: {
    readonly graceMs: () => number;
    readonly reader: () => 'reads' | 'may come' | 'none';
  },
): Promise<AgentExit> {
  const { clock, logger, onGone } = options;
  const pid = child.pid ?? 0;
  const closed = new Promise<true>((resolve) => child.once('close', () => resolve(true)));
  const [code, signal] = await exitOf(child);
  try {
    const left = await sweep(query, clock, live.graceMs());
    if (left.length > 0) logger.error({ pids: left }, 'Processes of an agent cannot be ended');
    else await onGone(pid);
  } catch (error) {
    logger.error({ pid, err: error }, 'Could not clean up after an agent');
  }
  // Every writer that we can find is gone, so the pipes end once they are read. One that hid (new
  // group, emptied environment) may hold them open: then silence ends the wait.
  for (;;) {
    if (live.reader() === 'none') child.stdout.destroy();
    if (await Promise.race([closed, pause(PIPE_WAIT_MS, false, { ref: false })])) break;
    if (live.reader() === 'may come') continue;
    if (child.stdout.readableLength === 0) child.stdout.destroy();
    if (child.stderr.readableLength === 0) child.stderr.destroy();
  }
  return { code, signal, stderrTail: tail.text() };
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<[number | null, string | null]> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve([child.exitCode, child.signalCode]);
  }
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
}
