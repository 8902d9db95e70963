import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { groupFromLaunchFile, writeLaunchFile } from '../../src/runtimes/local/launch-file.ts';
import { ownGroup, processIdentity } from '../../src/runtimes/local/processes.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'threadcast-launch-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** What an agent may have written there. */
async function forge(pid: number): Promise<void> {
  const body = JSON.stringify({ pid, identity: await processIdentity(pid) });
  await writeFile(join(directory, 'agent.json'), body);
}

it('names the group of a process that still runs, and none once it is gone', async () => {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  await writeLaunchFile(directory, pid);
  expect(await groupFromLaunchFile(directory)).toBe(pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await groupFromLaunchFile(directory)).toBeNull();
});

it('never names all processes, nor ourselves, nor the group that we are in', async () => {
  for (const pid of [1, process.pid, await ownGroup()]) {
    await forge(pid);
    expect(await groupFromLaunchFile(directory)).toBeNull();
  }
});

it('that is no launch file names nothing', async () => {
  for (const text of ['', '{"pid":', '{"pid":-1,"identity":"x"}', '{"pid":"7"}', '[]']) {
    await writeFile(join(directory, 'agent.json'), text);
    expect(await groupFromLaunchFile(directory)).toBeNull();
  }
});
