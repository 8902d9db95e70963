import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentPermissionRequest } from '../../src/core/ports/agent.ts';
import { createWitness, say } from './agents.ts';
import { echoes, openFaulty as open } from './faulty.ts';

describe('an odd permission request', () => {
  it('reaches core with its unknown kinds, and is answered with the optionId as offered', async () => {
    const asked: AgentPermissionRequest[] = [];
    const witness = createWitness((request) => {
      asked.push(request);
      return Promise.resolve({ outcome: 'selected', optionId: 'Yes!' });
    });
    const { connection } = await open('none', witness);
    await connection.prompt(say('odd-permission'));
    expect(asked).toEqual([
      {
        toolCallId: 't',
        toolCall: { toolCallId: 't', kind: 'levitate', extra: [1] },
        options: [
          { optionId: 'Yes!', name: 'Yes', kind: 'allow_on_tuesdays' },
          { optionId: 'no', name: 'no', kind: 'unknown' },
        ],
      },
    ]);
    expect(echoes(witness)).toMatchObject([
      { id: 101, result: { outcome: { outcome: 'selected', optionId: 'Yes!' } } },
    ]);
  });

  it('without anything in it is still asked', async () => {
    const witness = createWitness(() => Promise.resolve({ outcome: 'cancelled' }));
    const { connection } = await open('none', witness);
    await connection.prompt(say('shapeless-permission'));
    expect(echoes(witness)).toMatchObject([{ result: { outcome: { outcome: 'cancelled' } } }]);
  });

  it('that core cannot decide is cancelled, and the reason is logged', async () => {
    const witness = createWitness(() => Promise.reject(new Error('no database')));
    const { connection } = await open('none', witness);
    await connection.prompt(say('odd-permission'));
    expect(echoes(witness)).toMatchObject([{ result: { outcome: { outcome: 'cancelled' } } }]);
    expect(witness.logs.join()).toContain('no database');
  });
});

describe('a request of the agent', () => {
  it.each(['terminal/create', 'craft/drainMidTurnQueue', 'elicitation/create'])(
    '%s is answered with "method not found"',
    async (method) => {
      const { connection, witness } = await open();
      await connection.prompt(say(`ask ${method} {}`));
      expect(echoes(witness)).toMatchObject([{ error: { code: -32601 } }]);
    },
  );

  it('to read a file is served inside of the workspace, with line and limit', async () => {
    const { connection, witness, process } = await open();
    writeFileSync(join(process.cwd, 'a.txt'), 'one\ntwo\nthree\n');
    mkdirSync(join(process.cwd, 'dir'));
    for (const more of [{}, { line: 2 }, { line: 2, limit: 1 }, { limit: 1 }, { line: 9 }]) {
      const params = { sessionId: 's', path: join(process.cwd, 'dir/../a.txt'), ...more };
      await connection.prompt(say(`ask fs/read_text_file ${JSON.stringify(params)}`));
    }
    expect(echoes(witness).map((answer) => (answer as { result: unknown }).result)).toEqual([
      { content: 'one\ntwo\nthree\n' },
      { content: 'two\nthree\n' },
      { content: 'two' },
      { content: 'one' },
      { content: '' },
    ]);
  });

  it('to write a file is served inside of the workspace, new folders included', async () => {
    const { connection, process } = await open();
    const path = join(process.cwd, 'new/folder/b.txt');
    await connection.prompt(
      say(`ask fs/write_text_file ${JSON.stringify({ sessionId: 's', path, content: 'ü\n' })}`),
    );
    expect(readFileSync(path, 'utf8')).toBe('ü\n');
  });

  it('for what is no file is refused, and never waited for', async () => {
    const { connection, witness, process } = await open();
    execFileSync('mkfifo', [join(process.cwd, 'pipe')]);
    mkdirSync(join(process.cwd, 'folder'));
    const at = (path: string) => ({ sessionId: 's', path: join(process.cwd, path) });
    for (const path of ['pipe', 'folder', 'absent/file']) {
      await connection.prompt(say(`ask fs/read_text_file ${JSON.stringify(at(path))}`));
    }
    // Without a reader, opening a pipe for writing waits; four of them would stop all our files.
    for (const path of ['pipe', 'pipe', 'pipe', 'pipe', 'folder']) {
      const params = JSON.stringify({ ...at(path), content: 'x' });
      await connection.prompt(say(`ask fs/write_text_file ${params}`));
    }
    expect(echoes(witness)).toEqual(
      Array.from({ length: 8 }, () =>
        expect.objectContaining({ error: expect.objectContaining({ code: -32002 }) }),
      ),
    );
  });

  it('to write a file shorter leaves nothing of what it was', async () => {
    const { connection, process } = await open();
    const path = join(process.cwd, 'a.txt');
    writeFileSync(path, 'a long text');
    const params = JSON.stringify({ sessionId: 's', path, content: 'short' });
    await connection.prompt(say(`ask fs/write_text_file ${params}`));
    expect(readFileSync(path, 'utf8')).toBe('short');
  });

  it('for a path that leads out of the workspace is refused, links included', async () => {
    const { connection, witness, process } = await open();
    const { cwd } = process;
    const outside = join(cwd, '../home/secret');
    writeFileSync(outside, 'secret');
    symlinkSync(outside, join(cwd, 'link'));
    symlinkSync(join(cwd, '../home'), join(cwd, 'folder'));
    symlinkSync(join(cwd, '../home/new'), join(cwd, 'dangling'));
    symlinkSync('loop', join(cwd, 'loop'));
    const paths = [
      '../home/secret',
      'link',
      'folder/secret',
      'folder/new',
      'dangling',
      'loop',
      '.',
    ];
    for (const name of [...paths.map((path) => `${cwd}/${path}`), '/etc/passwd', `${cwd}-2/x`]) {
      const file = { sessionId: 's', path: name };
      await connection.prompt(say(`ask fs/read_text_file ${JSON.stringify(file)}`));
      const write = JSON.stringify({ ...file, content: 'x' });
      if (!name.endsWith('.')) await connection.prompt(say(`ask fs/write_text_file ${write}`));
    }
    const answers = echoes(witness);
    expect(answers).toHaveLength(2 * 9 - 1);
    expect(answers.filter((answer) => !('error' in (answer as object)))).toEqual([]);
    expect(readFileSync(outside, 'utf8')).toBe('secret');
    expect(existsSync(join(cwd, '../home/new'))).toBe(false);
  });
});
