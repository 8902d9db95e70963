import { describe, expect, it } from 'vitest';
import { builtinTemplates } from '../../src/acp/builtin-templates.ts';
import type { AppError } from '../../src/core/model/errors.ts';
import { createWitness, openAgent, say, spoken, startNode } from './agents.ts';
import { echoes, FAULTY, openFaulty as open } from './faulty.ts';

const gemini = builtinTemplates({ nodePath: '', exampleAgentPath: '' }).find(
  ({ id }) => id === 'gemini',
);

async function refused(fault: string): Promise<AppError> {
  const process = await startNode([FAULTY, fault]);
  const error: unknown = await openAgent(process, createWitness()).catch(
    (caught: unknown) => caught,
  );
  // The process was ended before the caller learned of it.
  expect(await Promise.race([process.exited, Promise.resolve('alive')])).not.toBe('alive');
  return error as AppError;
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
      Set its key in the environment of the server (\`npm start agents\` says which), start the server again, then retry."
    `);
    expect(error.details['methods']).toMatchObject([{ id: 'key' }, { command: 'faulty login' }]);
  });

  it.each([
    [
      'login',
      {},
      'Faulty agent is not logged in: Authentication required. Set GEMINI_API_KEY or GOOGLE_API_KEY in the environment of the server, start the server again, then retry.',
    ],
    [
      'login',
      { GEMINI_API_KEY: 'hidden' },
      'Faulty agent is not logged in: Authentication required. It was given GEMINI_API_KEY and does not take it: correct that where the server runs, start the server again, then retry.',
    ],
    [
      'refuse',
      {},
      'The agent answered initialize with an error: Internal error (no disk). It was given no key. Set GEMINI_API_KEY or GOOGLE_API_KEY in the environment of the server, start the server again, then retry.',
    ],
    [
      'refuse',
      { GOOGLE_API_KEY: 'hidden' },
      'The agent answered initialize with an error: Internal error (no disk)',
    ],
  ])('that we know is told with the key that it lacks: %s, given %o', async (how, env, says) => {
    const launch = { args: gemini?.spawn.args ?? [], env };
    const process = await startNode([FAULTY, how]);
    const { signal } = new AbortController();
    await expect(openAgent(process, createWitness(), null, signal, launch)).rejects.toMatchObject({
      message: says,
    });
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
