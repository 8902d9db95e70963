/**
 * `npm run bench`: Threadcast and a direct stdio client of the same agent, side by side in one run,
 * alternating, so that a busy machine is busy for both; then GitHub and Slack, on the fakes. Prints
 * medians; judges nothing. `npm run bench core`, `rendering` or `platforms` is one part.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { startDirect } from './direct.ts';
import type { DirectAgent } from './direct.ts';
import { platforms } from './platforms.ts';
import { rendering } from './rendering.ts';
import { median, row, spread } from './report.ts';
import { subscribe } from './subscriber.ts';
import type { Subscriber } from './subscriber.ts';

const AGENT = fileURLToPath(new URL('./agent.ts', import.meta.url));
const CHUNKS = 2000;
const ROUNDS = 15;
const PERMISSIONS = 200;

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function createSession(server: ServerProcess): Promise<{ id: string; ms: number }> {
  const start = performance.now();
  const { id } = await server.api<{ id: string }>('POST', '/sessions', {
    spawn: { command: process.execPath, args: [AGENT] },
  });
  const subscriber = await subscribe(server.url, server.token, id, false);
  // `since` is not given: the state is asked for, then events are awaited.
  const idle = subscriber.next('session.idle');
  const now = await server.api<{ state: string }>('GET', `/sessions/${id}`);
  if (now.state !== 'idle') await idle;
  const ms = performance.now() - start;
  subscriber.close();
  return { id, ms };
}

async function starts(): Promise<void> {
  const took: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const directory = await temporaryDirectory();
    const start = performance.now();
    const server = await startServerProcess({
      dataDir: directory.path,
      env: { LOG_LEVEL: 'warn' },
    });
    await fetch(`${server.url}/api/health`);
    took.push(performance.now() - start);
    await server.stop();
    await directory.remove();
  }
  row('start to ready (ms)', '-', median(took).toFixed(0), spread(took));
}

async function creates(server: ServerProcess): Promise<void> {
  const direct: number[] = [];
  const ours: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    const agent = await startDirect(AGENT);
    direct.push(agent.createMs);
    await agent.stop();
    const { id, ms } = await createSession(server);
    ours.push(ms);
    await server.api('DELETE', `/sessions/${id}`);
  }
  row(
    'session create (ms)',
    median(direct).toFixed(1),
    median(ours).toFixed(1),
    `+${(median(ours) - median(direct)).toFixed(1)}`,
  );
}

async function streams(direct: DirectAgent, subscribers: readonly Subscriber[]): Promise<void> {
  const [first] = subscribers;
  if (!first) return;
  const directMs: number[] = [];
  const oursMs: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    directMs.push((await direct.prompt(`chunks ${CHUNKS}`)).ms);
    for (const subscriber of subscribers) subscriber.chunks = 0;
    const ends = subscribers.map((subscriber) => subscriber.next('turn.ended'));
    const idle = first.next('session.idle');
    const start = performance.now();
    first.prompt(`chunks ${CHUNKS}`);
    await Promise.all(ends);
    oursMs.push(performance.now() - start);
    const lost = subscribers.filter((subscriber) => subscriber.chunks !== CHUNKS);
    if (lost.length > 0) throw new Error(`${lost.length} subscribers did not get ${CHUNKS} chunks`);
    await idle;
  }
  const perSecond = (ms: readonly number[], readers: number): string =>
    `${median(ms).toFixed(1)} ms = ${Math.round((CHUNKS * readers * 1000) / median(ms)).toLocaleString('en')}/s`;
  row(
    `${CHUNKS} chunks, ${subscribers.length} subscriber(s)`,
    perSecond(directMs, 1),
    perSecond(oursMs, subscribers.length),
    spread(oursMs),
  );
}

async function permissions(direct: DirectAgent, subscriber: Subscriber): Promise<void> {
  const directTook = JSON.parse((await direct.prompt(`ask ${PERMISSIONS}`)).last) as number[];
  const idle = subscriber.next('session.idle');
  subscriber.prompt(`ask ${PERMISSIONS}`);
  await idle;
  const took = (JSON.parse(subscriber.last) as number[]).map((us) => us / 1000);
  const sorted = took.toSorted((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)]?.toFixed(2);
  row(
    'permission round trip p50 (ms)',
    (median(directTook) / 1000).toFixed(2),
    median(took).toFixed(2),
    `p95 ${p95}`,
  );
}

async function memory(): Promise<void> {
  const directory = await temporaryDirectory();
  const server = await startServerProcess({ dataDir: directory.path, env: { LOG_LEVEL: 'warn' } });
  await fetch(`${server.url}/api/health`);
  const at: string[] = [(await residentMiB(server.pid)).toFixed(0)];
  await createSession(server);
  at.push((await residentMiB(server.pid)).toFixed(0));
  for (let n = 1; n < 20; n += 1) await createSession(server);
  at.push((await residentMiB(server.pid)).toFixed(0));
  row('resident at 0 / 1 / 20 idle sessions (MiB)', '-', at.join(' / '), '');
  await server.stop();
  await directory.remove();
}

async function core(): Promise<void> {
  row('measure', 'direct', 'threadcast', 'spread');
  await starts();
  await memory();
  const directory = await temporaryDirectory();
  const server = await startServerProcess({ dataDir: directory.path, env: { LOG_LEVEL: 'warn' } });
  const direct = await startDirect(AGENT);
  await creates(server);
  const { id } = await createSession(server);
  const one = await subscribe(server.url, server.token, id, true);
  await streams(direct, [one]);
  await permissions(direct, one);
  const { lastSeq } = await server.api<{ lastSeq: number }>('GET', `/sessions/${id}`);
  const rest = await Promise.all(
    Array.from({ length: 49 }, () => subscribe(server.url, server.token, id, false, lastSeq)),
  );
  await streams(direct, [one, ...rest]);
  for (const subscriber of [one, ...rest]) subscriber.close();
  await direct.stop();
  await server.stop();
  await directory.remove();
}

const [part, only] = process.argv.slice(2);
if (part === undefined || part === 'core') await core();
if (part === undefined || part === 'rendering') rendering();
if (part === undefined || part === 'platforms') await platforms(only);
