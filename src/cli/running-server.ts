/** Is a Threadcast answering there? Asked over HTTP: the pid of a server says nothing about its port. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';

const TIMEOUT_MS = 2_000;

/** Where this machine reaches a server that listens on `host`; without a trailing slash. */
export function localAddress(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

export interface RunningServer {
  readonly version: string;
  /** What it says of each platform that it cannot work with now. */
  readonly away: readonly string[];
}

/** The Threadcast at that address; undefined when nobody or something else answers. */
export async function runningServer(address: string): Promise<RunningServer | undefined> {
  try {
    const response = await fetch(`${address}/api/health`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const health = healthSchema.safeParse(await response.json()).data;
    if (health === undefined) return undefined;
    const platforms = Object.values(health.platforms);
    const away = platforms.filter(({ state }) => state === 'away').map(({ says }) => says);
    return { version: health.version, away };
  } catch {
    // Nobody, or no HTTP, or no JSON: not ours, whatever it is.
    return undefined;
  }
}

export async function runningVersion(address: string): Promise<string | undefined> {
  return (await runningServer(address))?.version;
}

const healthSchema = z.object({
  version: z.string(),
  sessions: z.number(),
  /** Servers of before say nothing of them. */
  platforms: z.record(z.string(), z.object({ state: z.string(), says: z.string() })).default({}),
});
