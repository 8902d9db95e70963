/** Is the port free, or is it our own server that answers there? */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { CliConfig, Finding } from '../command.ts';
import { localAddress, runningServer } from '../running-server.ts';
import { codeOf, startSentence } from '../sentence.ts';

export async function checkPort(config: CliConfig): Promise<readonly Finding[]> {
  const { host, port } = config;
  if (port === 0) return [{ state: 'good', says: 'PORT 0: a free one is taken at start' }];
  const refused = await tryListen(host, port);
  if (refused === undefined) return [{ state: 'good', says: `Port ${port} on ${host} is free` }];
  if (codeOf(refused) === 'EADDRINUSE') {
    const running = await runningServer(localAddress(host, port));
    if (running !== undefined) {
      return [
        { state: 'good', says: `Threadcast ${running.version} answers on port ${port}` },
        ...running.away.map((says) => ({
          state: 'bad' as const,
          says: `The running server says: ${says}`,
          mend: 'It tries again by itself. When a setting was wrong, start it again with the right one.',
        })),
      ];
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
