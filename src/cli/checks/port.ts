/** Is the port free, or is it our own server that answers there? */
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import type { CliConfig, Finding } from '../command.ts';
import { codeOf, startSentence } from '../sentence.ts';

export async function checkPort(config: CliConfig): Promise<readonly Finding[]> {
  const { host, port } = config;
  if (port === 0) return [{ state: 'good', says: 'PORT 0: a free one is taken at start' }];
  const refused = await tryListen(host, port);
  if (refused === undefined) return [{ state: 'good', says: `Port ${port} on ${host} is free` }];
  if (codeOf(refused) === 'EADDRINUSE') {
    const version = await runningVersion(host, port);
    if (version !== undefined) {
      return [{ state: 'good', says: `Threadcast ${version} answers on port ${port}` }];
    }
  }
  return [
    {
      state: 'bad',
      says: startSentence(refused, config),
      mend: `See who listens: ss -ltnp 'sport = :${port}'`,
    },
  ];
}

/** The error of listening there; undefined when it works. */
async function tryListen(host: string, port: number): Promise<unknown> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return error;
  } finally {
    server.close();
  }
}

/** The version of the Threadcast that answers there; undefined when it is something else. */
async function runningVersion(host: string, port: number): Promise<string | undefined> {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const authority = isIPv6(reachable) ? `[${reachable}]` : reachable;
  try {
    const response = await fetch(`http://${authority}:${port}/api/health`, {
      signal: AbortSignal.timeout(2_000),
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
