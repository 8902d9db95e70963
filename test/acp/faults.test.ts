import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../../src/core/model/errors.ts';
import type { AgentPermissionRequest } from '../../src/core/ports/agent.ts';
import { createWitness, openAgent, say, spoken, startNode } from './agents.ts';

const FAULTY = join(import.meta.dirname, 'faulty-agent.ts');

async function open(fault = 'none', witness = createWitness(), previous: string | null = null) {
  const process = await startNode([FAULTY, fault]);
  return { process, witness, ...(await openAgent(process, witness, previous)) };
}

async function refused(fault: string): Promise<AppError> {
  const process = await startNode([FAULTY, fault]);
  const error: unknown = await openAgent(process, createWitness()).catch(
    (caught: unknown) => caught,
  );
  // The process was ended before the caller learned of it.
  expect(await Promise.race([process.exited, Promise.resolve('alive')])).not.toBe('alive');
  return error as AppError;
}

/** The JSON-RPC answers that the agent got to its own requests. */
function echoes(witness: { updates: readonly { [field: string]: unknown }[] }): unknown[] {
  return witness.updates
    .filter((update) => update['sessionUpdate'] === 'echo')
    .map((update) => update['answer']);
}

describe('an agent that does not start', () => {
  it('and exits is an error with its code and its stderr', async () => {
    const error = await refused('exit');
    expect(error.code).toBe('agent_failed');
    expect(error.message).toMatchInlineSnapshot(`
      "The agent exited with code 1 before it answered initialize.
      Error: cannot find my own feet
          at walk (feet.js:1:1)"
    `);
  });

  it('and refuses to initialize is an error with its reason', async () => {
    const error = await refused('refuse');
    expect(error.code).toBe('agent_failed');
    expect(error.message).toMatchInlineSnapshot(
      `"The agent answered initialize with an error: Internal error (no disk)"`,
    );
  });

  it('because it wants a login says which ways it offers and which command to run', async () => {
    const error = await refused('login');
    expect(error.code).toBe('agent_login_needed');
    expect(error.message).toMatchInlineSnapshot(`
      "Faulty agent is not logged in. It offers:
      - API key
      - Log in: Opens a browser (\`faulty login\`)
      Set its key in the environment of the server (\`threadcast agents\` says which), then try again."
    `);
    expect(error.details['methods']).toMatchObject([{ id: 'key' }, { command: 'faulty login' }]);
  });

  it('until it is told to use the key that it has is told so', async () => {
    expect((await open('login-key')).opened.how).toBe('new');
  });

  it('because it gives no session id is an error', async () => {
    expect(await refused('no-id')).toMatchObject({ code: 'agent_failed' });
  });

  it('but hangs is ended when the caller gives up', async () => {
    const process = await startNode([FAULTY, 'hang']);
    const giveUp = new AbortController();
    const opening = openAgent(process, createWitness(), null, giveUp.signal);
    setTimeout(() => giveUp.abort(), 100);
    await expect(opening).rejects.toMatchObject({
      code: 'agent_failed',
      message: 'The agent was stopped before it was ready.',
    });
    expect(await process.exited).toBeDefined();
  });
});

describe('an agent that cannot load a session', () => {
  it('is asked to resume it instead, and what it replayed stays marked as history', async () => {
    const { opened, witness } = await open('no-load', createWitness(), 'old');
    expect(opened).toMatchObject({ how: 'resume', acpSessionId: 'old' });
    expect(witness.replayed).toEqual([true]);
    expect(witness.logs).toEqual([
      'warn: The agent cannot load the session old: Resource not found',
    ]);
  });
});

describe('an agent that dies in a turn', () => {
  it('fails the prompt with the signal and the end of its stderr', async () => {
    const { connection } = await open();
    await expect(connection.prompt(say('kill'))).rejects.toMatchObject({
      code: 'agent_failed',
      message: 'The agent was ended by SIGKILL in the middle of a turn.\nout of memory',
    });
    await expect(connection.prompt(say('again'))).rejects.toMatchObject({ code: 'agent_failed' });
  });

  it('or only closes its stdout fails the prompt too, and is ended', async () => {
    const { connection } = await open();
    await expect(connection.prompt(say('close-stdout'))).rejects.toMatchObject({
      message: expect.stringContaining('I closed stdout') as string,
    });
    expect(await connection.exited).toBeDefined();
  }, 20_000);
});

describe('odd messages', () => {
  it('that are no ACP are logged and do not disturb the connection', async () => {
    const { opened, witness } = await open('noise');
    expect(opened.how).toBe('new');
    expect(witness.logs).toMatchInlineSnapshot(`
      [
        "info: The agent printed: Loading… done",
        "info: The agent printed: [1]",
        "info: The agent printed: 42",
        "info: The agent printed: null",
        "info: The agent answered what was never asked: {"jsonrpc":"2.0"}",
      ]
    `);
  });

  it('with unknown kinds, values and stop reasons arrive as they are', async () => {
    const { connection, witness } = await open();
    expect(await connection.prompt(say('odd-updates'))).toEqual({
      stopReason: 'because_i_can',
      usage: { total: 3 },
    });
    expect(witness.updates).toEqual([
      { sessionUpdate: 'from_the_future', deep: { odd: [null, 'ü'] } },
      { sessionUpdate: 'tool_call', toolCallId: 1, status: 'exploded', kind: 7 },
      { sessionUpdate: 'current_mode_update', currentModeId: 'm2' },
    ]);
    expect(witness.logs).toMatchInlineSnapshot(`
      [
        "warn: The agent sent a session/update without an update; ignored.",
        "warn: The agent sent a session/update without an update; ignored.",
        "info: The agent answered what was never asked: {"jsonrpc":"2.0","id":"never-asked","result":{}}",
      ]
    `);
    expect(await connection.prompt(say('no-reason'))).toMatchObject({ stopReason: 'end_turn' });
  });

  it('cut in the middle of a character are put together again', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('split'));
    expect(witness.updates).toEqual([{ sessionUpdate: 'x', text: 'ü€👩‍🚀' }]);
  });

  it('of nearly 32 MiB are taken', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('long-line 31'));
    expect(spoken(witness.updates).length).toBe('beforeafter'.length + 31 * 1024 * 1024);
    expect(witness.logs).toEqual([]);
  });

  it('of more than 32 MiB are skipped and logged, and those around them are not', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('long-line 40'));
    expect(witness.updates.map((update) => (update['content'] as { text: string }).text)).toEqual([
      'before',
      'after',
    ]);
    expect(witness.logs).toEqual([
      'warn: A message of the agent was skipped: 41943195 bytes are more than the 32 MiB of ACP.',
    ]);
  });
});

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

describe('setting an option of an agent without config options', () => {
  it('uses session/set_mode and session/set_model', async () => {
    const { connection, witness, opened } = await open();
    expect(opened.report).toMatchInlineSnapshot(`
      {
        "canLoad": true,
        "canResume": true,
        "configOptions": [
          {
            "category": "model",
            "currentValue": "a",
            "id": "model",
            "name": "Model",
            "options": [
              {
                "name": "a",
                "value": "a",
              },
              {
                "name": "B",
                "value": "b",
              },
            ],
            "type": "legacy_model",
          },
        ],
        "currentModeId": "m1",
        "modes": [
          {
            "description": undefined,
            "id": "m1",
            "name": "One",
          },
          {
            "description": undefined,
            "id": "m2",
            "name": "m2",
          },
        ],
        "name": "faulty",
        "promptKinds": [],
        "title": "Faulty agent",
        "version": "0",
      }
    `);
    expect((await connection.setConfig('mode', 'm2')).currentModeId).toBe('m2');
    const report = await connection.setConfig('model', 'b');
    expect(report.configOptions[0]?.currentValue).toBe('b');
    expect(echoes(witness)).toMatchObject([
      { method: 'session/set_mode', params: { sessionId: 's', modeId: 'm2' } },
      { method: 'session/set_model', params: { sessionId: 's', modelId: 'b' } },
    ]);
    await expect(connection.setConfig('colour', 'red')).rejects.toMatchObject({
      code: 'unprocessable',
      message: 'This agent has no option "colour". It offers: model, mode.',
    });
  });
});
