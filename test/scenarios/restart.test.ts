/** What a restart may cost: the turn that was running, said so and with a retry. Nothing else. */
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { logIn, webClient } from '../harness/web-client.ts';
import {
  createSession,
  logged,
  pendingPermission,
  prompt,
  readLog,
  sessionOfThread,
  turnEnded,
} from './program.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let servers: ServerProcess[] = [];
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  servers = [];
  await directory.remove();
});

async function start(): Promise<ServerProcess> {
  const server = await startServerProcess({ dataDir: directory.path });
  servers.push(server);
  return server;
}

/** Living processes that were launched for a session of this data directory. */
async function agentProcesses(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (environment.includes(`THREADCAST_LAUNCH=${directory.path}/`)) found.push(name);
  }
  return found;
}

const running = (server: ServerProcess, id: string) =>
  logged(server, id, ({ type }) => type === 'update');

it('on SIGTERM interrupts the turn, leaves no process, and goes on with the queue after a restart', async () => {
  const first = await start();
  const cookie = await logIn(first.loginUrl);
  const web = webClient(first.url, cookie);
  const threadId = await web.openThread('slow');
  const id = await sessionOfThread(first, threadId);
  await running(first, id);
  await web.post(threadId, 'think');
  const queued = await logged(
    first,
    id,
    ({ type, data }) => type === 'prompt.queued' && data['text'] === 'think',
  );
  expect(await agentProcesses()).not.toEqual([]);

  const asked = Date.now();
  expect(await first.stop()).toBe(0);
  expect(Date.now() - asked).toBeLessThan(10_000);
  expect(await agentProcesses()).toEqual([]);

  const second = await start();
  const end = await turnEnded(second, id, String(queued.data['promptId']));
  expect(end.data['stopReason']).toBe('end_turn');
  const log = await readLog(second, id);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  const ends = log.filter(({ type }) => type === 'turn.ended');
  expect(ends.map(({ data }) => data['stopReason'])).toEqual(['interrupted', 'end_turn']);
  const started = log.filter(({ type }) => type === 'session.started');
  expect(started.map(({ data }) => data['how'])).toEqual(['new', 'load']);
  expect(new Set(started.map(({ data }) => data['acpSessionId'])).size).toBe(1);

  // The same login is good for the new server, and the thread shows how it went.
  const page = await eventually(async () => {
    const html = await webClient(second.url, cookie).page(threadId);
    return html.includes('the answer is 42') && html.includes('data-state="done"')
      ? html
      : undefined;
  });
  expect(page).toContain('data-state="interrupted"');
  expect(page).toContain('The server was stopped during this turn.');
  const retry = /\/web\/sessions\/[\w/]+\/retry/.exec(page)?.[0] ?? 'no button to retry';
  const pressed = await press(second, cookie, retry, {});
  expect(pressed).toEqual({ status: 200, message: undefined });
  const again = await logged(
    second,
    id,
    ({ type, data, seq }) => type === 'prompt.started' && seq > end.seq && data !== undefined,
  );
  await second.api('POST', `/sessions/${id}/cancel`, {});
  const stopped = await turnEnded(second, id, String(again.data['promptId']));
  expect(stopped.data['stopReason']).toBe('cancelled');
}, 60_000);

/** Presses a button of the page. */
async function press(
  server: ServerProcess,
  cookie: string,
  path: string,
  fields: Record<string, string>,
): Promise<{ readonly status: number; readonly message: string | undefined }> {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { Origin: server.url, Cookie: cookie, Accept: 'application/json' },
    body: new URLSearchParams(fields),
  });
  const { message } = (await response.json()) as { message?: string };
  return { status: response.status, message };
}

it('leaves at once at a second SIGTERM, and the next start mends what that left', async () => {
  const first = await start();
  const { id } = await createSession(first);
  const { promptId } = await prompt(first, id, 'hang');
  await logged(first, id, ({ type }) => type === 'prompt.started');
  await eventually(async () => ((await agentProcesses()).length > 0 ? true : undefined));
  first.signal('SIGTERM');
  await eventually(async () => first.output().includes('Again to leave at once') || undefined);
  const asked = Date.now();
  first.signal('SIGTERM');
  expect(await first.exited).toBe(143);
  expect(Date.now() - asked).toBeLessThan(1_000);

  const second = await start();
  expect((await turnEnded(second, id, promptId)).data['stopReason']).toBe('interrupted');
  await eventually(async () => ((await agentProcesses()).length === 0 ? true : undefined));
}, 60_000);

it('closes a question whose server was killed, and answers its old button with a sentence', async () => {
  const first = await start();
  const cookie = await logIn(first.loginUrl);
  const threadId = await webClient(first.url, cookie).openThread('ask');
  const id = await sessionOfThread(first, threadId);
  const { requestId } = await pendingPermission(first, id);
  const card = await eventually(async () => {
    const html = await webClient(first.url, cookie).page(threadId);
    return html.includes('name="token"') ? html : undefined;
  });
  const token = /name="token" value="([^"]+)"/.exec(card)?.[1] ?? '';
  await first.kill();

  const second = await start();
  const resolved = await logged(second, id, ({ type }) => type === 'permission.resolved');
  expect(resolved.data).toMatchObject({ requestId, outcome: 'cancelled' });
  const page = await eventually(async () => {
    const html = await webClient(second.url, cookie).page(threadId);
    return html.includes('Closed unanswered') ? html : undefined;
  });
  expect(page).not.toContain('name="token"');
  const told = 'It was cancelled: the turn was stopped, or its agent is gone.';
  expect(await press(second, cookie, '/web/action', { token })).toEqual({
    status: 409,
    message: told,
  });
  const route = `/sessions/${id}/permissions/${requestId}`;
  await expect(second.api('POST', route, { optionId: 'allow' })).rejects.toThrow(told);
  const forged = await press(second, cookie, '/web/action', { token: `${token.slice(0, -2)}xx` });
  expect(forged.status).toBe(422);
  expect(forged.message).toMatchInlineSnapshot(
    `"This does not work any more: the request has expired, or it was answered."`,
  );
}, 60_000);

it('keeps a question open for whoever answers it after the page was away, on the same server', async () => {
  const server = await start();
  const cookie = await logIn(server.loginUrl);
  const threadId = await webClient(server.url, cookie).openThread('ask');
  const id = await sessionOfThread(server, threadId);
  const { requestId } = await pendingPermission(server, id);
  const html = await eventually(async () => {
    const text = await webClient(server.url, cookie).page(threadId);
    return text.includes('name="token"') ? text : undefined;
  });
  const [allow] = [...html.matchAll(/name="token" value="([^"]+)"/g)].map(([, value]) => value);
  const pressed = await press(server, cookie, '/web/action', { token: allow ?? '' });
  expect(pressed).toEqual({ status: 200, message: undefined });
  const again = await press(server, cookie, '/web/action', { token: allow ?? '' });
  // Somebody's own answer once more (a double click) says nothing.
  expect(again).toEqual({ status: 200, message: undefined });
  const resolved = await logged(server, id, ({ type }) => type === 'permission.resolved');
  expect(resolved.data).toMatchObject({ requestId, outcome: 'selected', optionId: 'allow' });
}, 60_000);
