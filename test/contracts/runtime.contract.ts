/**
 * What every Runtime must do. `make` gives one that can run `node`; `dispose` removes what it left.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintId } from '../../src/core/model/ids.ts';
import type { AgentLaunch, AgentProcess, Runtime } from '../../src/core/ports/runtime.ts';

export interface RuntimeUnderTest {
  readonly runtime: Runtime;
  readonly dispose: () => Promise<void>;
}

export function launchOf(script: string, more: Partial<AgentLaunch> = {}): AgentLaunch {
  return {
    sessionId: mintId('s', Date.now()),
    command: 'node',
    args: ['-e', script],
    cwd: null,
    env: {},
    ...more,
  };
}

export async function readAll(process: AgentProcess): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdout) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The first line of stdout; the rest stays unread. */
export async function readLine(process: AgentProcess): Promise<string> {
  let text = '';
  const chunks = process.stdout[Symbol.asyncIterator]();
  while (!text.includes('\n')) {
    const next = await chunks.next();
    if (next.done === true) break;
    text += Buffer.from(next.value).toString('utf8');
  }
  return text.split('\n')[0] ?? '';
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function runtimeContract(
  name: string,
  make: () => RuntimeUnderTest | Promise<RuntimeUnderTest>,
): void {
  describe.concurrent(`runtime ${name}`, () => {
    let under: RuntimeUnderTest;
    const start = (launch: AgentLaunch): Promise<AgentProcess> =>
      under.runtime.start(launch, new AbortController().signal);
    beforeAll(async () => {
      under = await make();
    });
    afterAll(() => under.dispose());

    it('carries bytes both ways, untouched', async () => {
      const agent = await start(launchOf('process.stdin.pipe(process.stdout)'));
      const sent = `Grüße\u0000\n${'x'.repeat(300_000)}\n`;
      const read = readAll(agent);
      await agent.write(bytes(sent));
      const exit = await agent.end();
      expect((await read) === sent).toBe(true);
      expect(exit).toEqual({ code: 0, signal: null, stderrTail: '' });
    });

    it('tells exit code and stderr of an agent that ends by itself, and all it printed before', async () => {
      const agent = await start(
        launchOf(
          'console.error("no key"); process.stdout.write("x".repeat(1e6), () => process.exit(7))',
        ),
      );
      expect((await readAll(agent)).length).toBe(1e6);
      expect(await agent.exited).toEqual({ code: 7, signal: null, stderrTail: 'no key\n' });
    });

    it('tells the signal that ended an agent', async () => {
      const agent = await start(launchOf('process.kill(process.pid, "SIGKILL")'));
      void readAll(agent);
      expect(await agent.exited).toMatchObject({ code: null, signal: 'SIGKILL' });
    });

    it('settles for an agent whose output nobody reads, once it is ended', async () => {
      const agent = await start(
        launchOf('process.stdout.write("x".repeat(1e6)); setInterval(() => 0, 1e3)'),
      );
      expect(await agent.end({ graceMs: 300 })).toMatchObject({ signal: 'SIGTERM' });
    });

    it('keeps the last 64 KiB of stderr and no more', async () => {
      const agent = await start(
        launchOf('process.stderr.write("é".repeat(5e5) + "the end", () => process.exit(1))'),
      );
      void readAll(agent);
      const { stderrTail } = await agent.exited;
      expect(Buffer.byteLength(stderrTail)).toBeLessThanOrEqual(64 * 1024);
      expect(Buffer.byteLength(stderrTail)).toBeGreaterThan(64 * 1024 - 4);
      expect(stderrTail).toMatch(/^é+the end$/);
      expect(agent.stderrTail()).toBe(stderrTail);
    });

    it('refuses a command that does not exist, and names it', async () => {
      await expect(start({ ...launchOf(''), command: 'no-such-agent-here' })).rejects.toMatchObject(
        {
          code: 'agent_failed',
          message: expect.stringContaining('no-such-agent-here') as string,
        },
      );
    });

    it('gives the agent nothing of the environment of the server but what the launch names', async () => {
      process.env['THREADCAST_TEST_SECRET'] = 'hunter2';
      const agent = await start(
        launchOf('console.log(JSON.stringify(process.env))', {
          env: { MODEL_KEY: 'k', TERM: 'vt100' },
        }),
      );
      const env = JSON.parse(await readLine(agent)) as Record<string, string>;
      delete process.env['THREADCAST_TEST_SECRET'];
      expect(env).toMatchObject({ MODEL_KEY: 'k', TERM: 'vt100', LANG: 'C.UTF-8' });
      expect(JSON.stringify(env)).not.toContain('hunter2');
      expect(env['HOME']).not.toBe(process.env['HOME']);
    });

    it('runs two sessions in workspaces and HOMEs of their own', async () => {
      const script = 'console.log(process.cwd() + " " + process.env.HOME)';
      const [one, two] = await Promise.all([start(launchOf(script)), start(launchOf(script))]);
      const lines = await Promise.all([readLine(one), readLine(two)]);
      expect(new Set(lines.join(' ').split(' ')).size).toBe(4);
      expect(lines[0]?.split(' ')[0]).toBe(one.cwd);
    });

    it('finds the files of an earlier process of the same session again', async () => {
      const first = launchOf(
        'fs.writeFileSync("note", "kept"); fs.writeFileSync(process.env.HOME + "/login", "me")',
      );
      await (await start(first)).end();
      const again = await start({
        ...first,
        args: [
          '-e',
          'console.log(fs.readFileSync("note") + fs.readFileSync(process.env.HOME + "/login", "utf8"))',
        ],
      });
      expect(await readLine(again)).toBe('keptme');
    });

    it('ends an agent that ignores both a closed stdin and SIGTERM', async () => {
      const agent = await start(
        launchOf('process.on("SIGTERM", () => 0); console.log("up"); setInterval(() => 0, 1e3)'),
      );
      await readLine(agent);
      const ends = [agent.end({ graceMs: 200 }), agent.end()];
      expect(await Promise.all(ends)).toEqual([
        expect.objectContaining({ signal: 'SIGKILL' }),
        expect.objectContaining({ signal: 'SIGKILL' }),
      ]);
    });

    it('rejects a write to an agent that is gone', async () => {
      const agent = await start(launchOf(''));
      await agent.end();
      await expect(agent.write(bytes('x\n'))).rejects.toMatchObject({ code: 'agent_failed' });
    });

    it('makes an agent wait whose output is not read', async () => {
      const agent = await start(
        launchOf(`
          let sent = 0;
          const more = () => { sent += 65536; process.stdout.write("x".repeat(65536), more); };
          more();
          setTimeout(() => { console.error(sent); process.exit() }, 300);
        `),
      );
      await new Promise((resolve) => setTimeout(resolve, 500));
      const read = readAll(agent);
      const { stderrTail } = await agent.exited;
      expect(Number(stderrTail)).toBeGreaterThan(0);
      expect(Number(stderrTail)).toBeLessThan(4 * 1024 * 1024);
      await read;
    });

    it('starts nothing for a caller that has given up', async () => {
      await expect(
        under.runtime.start(launchOf(''), AbortSignal.abort(new Error('given up'))),
      ).rejects.toThrow('given up');
    });

    it('finds nothing to do when it reaps a session that never ran', async () => {
      await expect(under.runtime.reap(mintId('s', Date.now()))).resolves.toBeUndefined();
    });
  });
}
