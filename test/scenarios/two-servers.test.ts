/** Two whole servers on one Postgres: one owner per session, takeover after a real kill, fencing. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../harness/databases.ts';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';

/** The limit for a takeover. */
const TAKEOVER_MS = 15_000;

const postgres = await startPostgres();
const directories = [await temporaryDirectory(), await temporaryDirectory()];
afterAll(() => Promise.all(directories.map((directory) => directory.remove())));

interface Event {
  readonly seq: number;
  readonly type: string;
  readonly data: { readonly stopReason?: string; readonly promptId?: string };
}

const servers: ServerProcess[] = [];
let databaseUrl = '';

async function start(n: 0 | 1): Promise<ServerProcess> {
  const server = await startServerProcess({
    dataDir: directories[n]?.path ?? '',
    env: { DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn', EXAMPLE_DELAY_MS: '2' },
  });
  servers.push(server);
  return server;
}

const log = async (server: ServerProcess, id: string): Promise<readonly Event[]> =>
  (await server.api<{ data: Event[] }>('GET', `/sessions/${id}/events?limit=200`)).data;

const create = (server: ServerProcess): Promise<{ id: string }> =>
  server.api('POST', '/sessions', { agentTemplateId: 'example' });

const say = (server: ServerProcess, id: string, text: string): Promise<{ promptId: string }> =>
  server.api('POST', `/sessions/${id}/prompts`, { text });

const ended = (server: ServerProcess, id: string, promptId: string): Promise<Event> =>
  eventually(async () =>
    (await log(server, id)).find(
      (event) => event.type === 'turn.ended' && event.data.promptId === promptId,
    ),
  );

describe.skipIf(!postgres)('two servers on one database', { timeout: 90_000 }, () => {
  beforeEach(async () => {
    databaseUrl = (await postgres?.freshDatabase()) ?? '';
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.kill()));
  });

  it('work for each other: a prompt and an answer given to one reach the agent of the other', async () => {
    const [a, b] = [await start(0), await start(1)];
    const { id } = await create(a);
    const hello = await say(b, id, 'hello');
    expect((await ended(b, id, hello.promptId)).data.stopReason).toBe('end_turn');
    const asking = await say(b, id, 'ask');
    const request = await eventually(async () => {
      const { data } = await b.api<{ data: { requestId: string }[] }>(
        'GET',
        '/permissions?state=pending',
      );
      return data[0];
    });
    const route = `/sessions/${id}/permissions/${request.requestId}`;
    await b.api('POST', route, { optionId: 'allow' });
    expect((await ended(b, id, asking.promptId)).data.stopReason).toBe('end_turn');
    const events = await log(a, id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === 'session.started')).toHaveLength(1);
  });

  it('take over from a killed owner in time: its turn is interrupted, the queue goes on', async () => {
    const [a, b] = [await start(0), await start(1)];
    const { id } = await create(a);
    const slow = await say(a, id, 'slow');
    await eventually(
      async () => (await log(b, id)).some(({ type }) => type === 'prompt.started') || undefined,
    );
    const next = await say(b, id, 'hello');
    await a.kill();
    const killedAt = Date.now();
    expect((await ended(b, id, slow.promptId)).data.stopReason).toBe('interrupted');
    expect(Date.now() - killedAt).toBeLessThan(TAKEOVER_MS);
    expect((await ended(b, id, next.promptId)).data.stopReason).toBe('end_turn');
  });

  it('fence an owner that slept: what it says after the takeover is not in the log', async () => {
    const [a, b] = [await start(0), await start(1)];
    const { id } = await create(a);
    const slow = await say(a, id, 'slow');
    await eventually(
      async () => (await log(b, id)).some(({ type }) => type === 'prompt.started') || undefined,
    );
    process.kill(a.pid, 'SIGSTOP');
    expect((await ended(b, id, slow.promptId)).data.stopReason).toBe('interrupted');
    const before = await log(b, id);
    process.kill(a.pid, 'SIGCONT');
    await eventually(async () => a.output().includes('run by another server') || undefined);
    const after = await say(b, id, 'hello');
    await ended(b, id, after.promptId);
    const events = await log(b, id);
    expect(events.slice(0, before.length)).toEqual(before);
    const end = events.findIndex(
      ({ type, data }) => type === 'turn.ended' && data.promptId === slow.promptId,
    );
    const late = events
      .slice(end + 1)
      .filter(({ type, data }) => type === 'update' && data.promptId === slow.promptId);
    expect(late).toEqual([]);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });
});
