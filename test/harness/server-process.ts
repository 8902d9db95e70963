/**
 * A whole Threadcast server as a real child process, as `npm start` runs it, and the little that a
 * test needs to talk to it. What it was started with is ended by `stop` or `kill`, by its pid.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = (name: string): URL => new URL(`../../src/${name}`, import.meta.url);
/** As the script `start` of package.json. */
const START = ['--import', source('compile-cache.js').href, fileURLToPath(source('main.ts'))];
/** Long enough for a loaded machine; a server that is not up by then is broken. */
const START_MS = 30_000;

export interface ServerProcess {
  readonly url: string;
  readonly loginUrl: string;
  readonly token: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Both outputs so far. */
  output(): string;
  /** JSON in, JSON out; throws with the server's answer when it is no success. */
  api<T = unknown>(method: string, route: string, body?: unknown): Promise<T>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Sends a signal and waits for nothing. */
  signal(name: NodeJS.Signals): void;
  /** Its exit code once it is gone; null when a signal ended it. */
  readonly exited: Promise<number | null>;
}

export interface ServerOptions {
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'threadcast-test-'));
  return {
    path: directory,
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Rejects with everything the server printed when it exits before it is ready. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, START, {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      LOG_LEVEL: 'info',
      THREADCAST_DATA_DIR: options.dataDir,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  const gone = once(child, 'exit');
  const { url, loginUrl } = await ready(child, () => output);
  const token = (await readFile(path.join(options.dataDir, 'admin-token'), 'utf8')).trim();
  return {
    url,
    loginUrl,
    token,
    dataDir: options.dataDir,
    pid: child.pid ?? 0,
    output: () => output,
    api: (method, route, body) => call(`${url}/api${route}`, token, method, body),
    async stop() {
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    signal: (name) => void child.kill(name),
    exited: gone.then(() => child.exitCode),
  };
}

/** Starts a server that shall not come up; gives what it printed and its exit code. */
export async function failingServer(
  options: ServerOptions,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, START, {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      THREADCAST_DATA_DIR: options.dataDir,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      output += text.toString('utf8');
    });
  }
  await once(child, 'close');
  return { code: child.exitCode, output };
}

function ready(
  child: ChildProcess,
  output: () => string,
): Promise<{ url: string; loginUrl: string }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not ready in time:\n${output()}`));
    }, START_MS);
    const look = (): void => {
      const url = /is ready at (http\S+)/.exec(output())?.[1];
      const loginUrl = /Log in once\s+(http\S+)/.exec(output())?.[1];
      if (url === undefined || loginUrl === undefined) return;
      clearTimeout(timer);
      resolve({ url, loginUrl });
    };
    child.stdout?.on('data', look);
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`the server ended before it was ready:\n${output()}`));
    });
  });
}

async function call<T>(url: string, token: string, method: string, body: unknown): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Asks again and again until `done` gives something; the last error, or a timeout, otherwise. */
export async function eventually<T>(
  done: () => Promise<T | undefined>,
  withinMs = 20_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const value = await done();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
  throw new Error('not so in time', { cause: last });
}
