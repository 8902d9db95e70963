import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mintId } from '../../src/core/model/ids.ts';
import type { SessionId } from '../../src/core/model/ids.ts';
import type { AgentLaunch, AgentProcess } from '../../src/core/ports/runtime.ts';
import { createLocalRuntime } from '../../src/runtimes/local/runtime.ts';
import { realClock, silentLogger } from '../acp/agents.ts';
import { launchOf, readAll, readLine, runtimeContract } from '../contracts/runtime.contract.ts';

const workspacesDir = mkdtempSync(join(tmpdir(), 'threadcast-local-'));
const runtime = createLocalRuntime({
  workspacesDir,
  basePath: process.env['PATH'] ?? '',
  clock: realClock,
  logger: silentLogger,
});
const start = (launch: AgentLaunch): Promise<AgentProcess> =>
  runtime.start(launch, new AbortController().signal);
afterAll(() => rmSync(workspacesDir, { recursive: true, force: true }));

runtimeContract('local', () => ({ runtime, dispose: () => Promise.resolve() }));

const STUBBORN =
  'process.on("SIGTERM", () => 0); process.on("SIGHUP", () => 0); setInterval(() => 0, 1e3);';

/** A script whose process starts `node -e child` with these spawn options and prints its pid. */
function parentOf(child: string, options: string, after = 'setInterval(() => 0, 1e3);'): string {
  return `
    const c = child_process.spawn(process.execPath, ["-e", ${JSON.stringify(child)}], ${options});
    console.log(process.pid + " " + c.pid); ${after}`;
}

/** A script whose process has a child that started another one and ended; prints its pid and that one's. */
const ORPHAN = `
  const grandchild = "child_process.spawn(process.execPath, ['-e', process.argv[1]], { stdio: 'ignore' })";
  const child = "const g = " + grandchild + "; g.unref(); console.log(g.pid);";
  const c = child_process.spawn(process.execPath, ["-e", child, ${JSON.stringify(STUBBORN)}], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let pid = "";
  c.stdout.on("data", (text) => (pid += text));
  c.on("close", () => console.log(process.pid + " " + pid.trim()));
  setInterval(() => 0, 1e3);`;

/** Straight from the process table: it exists and is no zombie. */
function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

async function pidsOf(agent: AgentProcess): Promise<readonly number[]> {
  return (await readLine(agent)).split(' ').map(Number);
}

describe.concurrent('the end of a local agent leaves no process behind', () => {
  const cases = {
    'a child that holds the pipes open': parentOf(STUBBORN, '{ stdio: "inherit" }'),
    'a child that ignores SIGTERM': parentOf(STUBBORN, '{ stdio: "ignore" }', STUBBORN),
    'a grandchild whose parent has gone': ORPHAN,
    'a daemon that left the process group': parentOf(
      STUBBORN,
      '{ stdio: "ignore", detached: true }',
    ),
  };
  it.each(Object.entries(cases))('with %s', async (_what, script) => {
    const launch = launchOf(script);
    const agent = await start(launch);
    const pids = await pidsOf(agent);
    expect(pids.map(lives)).not.toContain(false);
    await agent.end({ graceMs: 200 });
    expect(pids.map(lives)).not.toContain(true);
    expect(markedWith(join(workspacesDir, launch.sessionId))).toEqual([]);
  });

  it('when it crashes by itself and its daemon would live on', async () => {
    const agent = await start(
      launchOf(
        parentOf(
          STUBBORN,
          '{ stdio: "inherit", detached: true }',
          'setTimeout(() => process.exit(3), 100)',
        ),
      ),
    );
    const pids = await pidsOf(agent);
    void readAll(agent);
    expect(await agent.exited).toMatchObject({ code: 3 });
    expect(pids.map(lives)).not.toContain(true);
  });

  it('and closing stdin is all that a polite agent needs', async () => {
    const began = Date.now();
    const agent = await start(launchOf('process.stdin.resume()'));
    void readAll(agent);
    expect(await agent.end()).toMatchObject({ code: 0, signal: null });
    expect(Date.now() - began).toBeLessThan(2_500);
  });
});

/** Pids of living processes whose environment carries the marker of this session directory. */
function markedWith(sessionDir: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!(pid > 0)) return false;
      try {
        const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return environ.includes(`THREADCAST_LAUNCH=${sessionDir}#`) && lives(pid);
      } catch {
        return false;
      }
    });
}

describe.concurrent('what a killed server left behind', () => {
  /** A server that starts the agent, says the agent's first line, and is then killed. */
  async function leaveBehind(sessionId: SessionId, script: string): Promise<readonly number[]> {
    const source = `
      import { createLocalRuntime } from ${JSON.stringify(join(import.meta.dirname, '../../src/runtimes/local/runtime.ts'))};
      const clock = { now: () => Date.now(), after: () => () => 0 };
      const runtime = createLocalRuntime({ workspacesDir: ${JSON.stringify(workspacesDir)}, basePath: process.env.PATH, clock, logger: console });
      const launch = ${JSON.stringify({ ...launchOf(script), sessionId })};
      const agent = await runtime.start(launch, new AbortController().signal);
      for await (const chunk of agent.stdout) process.stdout.write(chunk);`;
    const server = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = (await once(server.stdout, 'data')) as [Buffer];
    server.kill('SIGKILL');
    await once(server, 'exit');
    return chunk.toString().trim().split(' ').map(Number);
  }

  it('is ended by reap, daemons included', async () => {
    const sessionId = mintId('s', Date.now());
    const pids = await leaveBehind(
      sessionId,
      parentOf(STUBBORN, '{ stdio: "ignore", detached: true }'),
    );
    expect(pids.map(lives)).toEqual([true, true]);
    await runtime.reap(sessionId);
    expect(pids.map(lives)).toEqual([false, false]);
    expect(existsSync(join(workspacesDir, sessionId, 'agent.json'))).toBe(false);
  }, 20_000);

  it('is not looked for in other sessions', async () => {
    const sessionId = mintId('s', Date.now());
    const agent = await start(launchOf('console.log(process.pid); setInterval(() => 0, 1e3)'));
    const [pid = 0] = await pidsOf(agent);
    await runtime.reap(sessionId);
    expect(lives(pid)).toBe(true);
    await agent.end({ graceMs: 100 });
  });

  it('is not mistaken for a later process that was given the same pid', async () => {
    const sessionId = mintId('s', Date.now());
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1e3)'], {
      detached: true,
    });
    await once(stranger, 'spawn');
    const pid = stranger.pid ?? 0;
    mkdirSync(join(workspacesDir, sessionId));
    writeFileSync(
      join(workspacesDir, sessionId, 'agent.json'),
      JSON.stringify({ pid, identity: 'boot:1' }),
    );
    await runtime.reap(sessionId);
    expect(lives(pid)).toBe(true);
    stranger.kill('SIGKILL');
  });

  it('may be recorded in a file that was cut off, or is no record at all', async () => {
    const sessionId = mintId('s', Date.now());
    mkdirSync(join(workspacesDir, sessionId));
    for (const text of ['{"pid":', '{"pid":-1}', '[]', '']) {
      writeFileSync(join(workspacesDir, sessionId, 'agent.json'), text);
      await expect(runtime.reap(sessionId)).resolves.toBeUndefined();
    }
  });
});

describe('the directories of a local session', () => {
  it('are made beside each other and are readable by nobody else', async () => {
    const launch = launchOf('');
    const agent = await start(launch);
    await agent.end();
    const session = join(workspacesDir, launch.sessionId);
    expect(agent.cwd).toBe(join(session, 'work'));
    for (const path of [session, join(session, 'work'), join(session, 'home')]) {
      expect(statSync(path).mode & 0o777).toBe(0o700);
    }
  });

  it.each(['..', '.', '../other', 'a/b', '', '.npm', 'a\u0000b', 'x'.repeat(129)])(
    'are refused for the id %j',
    async (id) => {
      const launch = { ...launchOf(''), sessionId: id as SessionId };
      await expect(start(launch)).rejects.toMatchObject({ code: 'invalid' });
    },
  );

  it('that cannot be made are an error that says why', async () => {
    const file = join(workspacesDir, 'a-file');
    writeFileSync(file, '');
    const blocked = createLocalRuntime({
      workspacesDir: file,
      basePath: '',
      clock: realClock,
      logger: silentLogger,
    });
    await expect(blocked.start(launchOf(''), new AbortController().signal)).rejects.toMatchObject({
      code: 'agent_failed',
      message: expect.stringMatching(/^The agent got no workspace: E/) as string,
    });
  });

  it('need not hold the workspace: an agent can run in any directory that exists', async () => {
    const cwd = mkdtempSync(join(workspacesDir, 'elsewhere-'));
    const agent = await start(launchOf('console.log(process.cwd())', { cwd }));
    expect(await readLine(agent)).toBe(cwd);
    expect(agent.cwd).toBe(cwd);
  });

  it.each(['/no/such/directory', 'relative', process.execPath])(
    'refuse to run in %j',
    async (cwd) => {
      await expect(start(launchOf('', { cwd }))).rejects.toMatchObject({
        code: 'agent_failed',
        message: `The agent cannot run in "${cwd}": there is no such directory on this machine.`,
      });
    },
  );
});

describe('the environment of a local agent', () => {
  it('has exactly these names, and our own Node first on its PATH', async () => {
    const agent = await start(
      launchOf('console.log(JSON.stringify([process.version, process.env]))', { command: 'node' }),
    );
    const [version, env] = JSON.parse(await readLine(agent)) as [string, Record<string, string>];
    expect(version).toBe(process.version);
    expect(Object.keys(env).toSorted()).toMatchInlineSnapshot(`
      [
        "HOME",
        "LANG",
        "PATH",
        "TERM",
        "THREADCAST_LAUNCH",
        "THREADCAST_SESSION",
        "npm_config_cache",
        "npm_config_update_notifier",
      ]
    `);
  });
});
