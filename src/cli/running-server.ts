/** Is a Threadcast answering there? Asked over HTTP: the pid of a server says nothing about its port. */
import { isIPv6 } from 'node:net';

const TIMEOUT_MS = 2_000;

/** Where this machine reaches a server that listens on `host`; without a trailing slash. */
export function localAddress(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

/** The version of the Threadcast at that address; undefined when nobody or something else answers. */
export async function runningVersion(address: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${address}/api/health`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json();
    return versionIn(body);
  } catch {
    // Nobody, or no HTTP, or no JSON: not ours, whatever it is.
    return undefined;
  }
}

function versionIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if (!('version' in body) || !('sessions' in body)) return undefined;
  return typeof body.version === 'string' ? body.version : undefined;
}
