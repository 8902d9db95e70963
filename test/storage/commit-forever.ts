/**
 * A process that commits until it is killed. Arguments: data directory, URL or '', session id. It
 * prints the seq of every event once its commit was acknowledged.
 */
import { writeSync } from 'node:fs';
import { parseId } from '../../src/core/model/ids.ts';
import { openStorage } from '../../src/storage/open.ts';
import { makeSession } from '../contracts/stores.values.ts';
import { realClock, silentLogger } from './open-test-storage.ts';

const [, , dataDir = '', url = '', name = ''] = process.argv;
const storage = await openStorage({ dataDir, url, clock: realClock, logger: silentLogger });
const id = parseId('s', name);
if (id === undefined) throw new Error(`no session id: ${name}`);
await storage.sessions.commit({ sessionId: id, create: makeSession({ id }), events: [], at: 1 });
writeSync(1, 'ready\n');

async function commitForever(writer: number): Promise<void> {
  for (let count = 0; ; count += 1) {
    const result = await storage.sessions.commit({
      sessionId: id ?? makeSession().id,
      events: [
        { type: 'log', json: JSON.stringify({ level: 'info', message: `${writer}/${count}` }) },
      ],
      at: count,
    });
    // Synchronous: what is printed has left the process before it can be killed.
    if (result.ok) for (const event of result.events) writeSync(1, `${event.seq} ${event.json}\n`);
  }
}

await Promise.all([0, 1, 2].map(commitForever));
