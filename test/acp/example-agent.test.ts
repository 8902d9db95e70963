import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mintId } from '../../src/core/model/ids.ts';
import type { RawUpdate } from '../../src/core/ports/agent.ts';
import { createWitness, EXAMPLE_AGENT, openAgent, say, spoken, startNode } from './agents.ts';

async function open(witness = createWitness(), delay = '0') {
  const sessionId = mintId('s', Date.now());
  const process = await startNode([EXAMPLE_AGENT], sessionId, { EXAMPLE_DELAY_MS: delay });
  return { sessionId, process, witness, ...(await openAgent(process, witness)) };
}

const choose = (optionId: string) =>
  createWitness(() => Promise.resolve({ outcome: 'selected', optionId }));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** One line an update, texts in a row as one. */
function story(updates: readonly RawUpdate[]): readonly string[] {
  const lines: string[] = [];
  for (const update of updates) {
    const kind = update.sessionUpdate;
    if (kind.endsWith('_chunk')) {
      const { text } = update['content'] as { text: string };
      if (lines.at(-1)?.startsWith(`${kind}: `)) lines.push(`${lines.pop()}${text}`);
      else lines.push(`${kind}: ${text}`);
    } else if (kind === 'plan') {
      const entries = update['entries'] as { status: string }[];
      lines.push(`plan: ${entries.map(({ status }) => status).join(' ')}`);
    } else
      lines.push(
        [kind, update['title'], update['kind'], update['status']].filter(Boolean).join(' '),
      );
  }
  return lines;
}

describe('the example agent, told to ask,', () => {
  it('plans, looks, asks, and writes what it was allowed to write', async () => {
    const { connection, process, witness } = await open(choose('allow'));
    writeFileSync(join(process.cwd, 'README.md'), '# My project\n');
    expect(await connection.prompt(say('Please ASK me something'))).toMatchObject({
      stopReason: 'end_turn',
    });
    expect(readFileSync(join(process.cwd, 'hello.md'), 'utf8')).toContain('# Hello');
    expect(story(witness.updates)).toMatchInlineSnapshot(`
      [
        "available_commands_update",
        "session_info_update Please ASK me something",
        "agent_message_chunk: I will write a small file, \`hello.md\`. First a look at the workspace.

      ",
        "plan: in_progress pending pending",
        "tool_call Read README.md read in_progress",
        "tool_call_update completed",
        "agent_message_chunk: The README begins with “# My project”.

      ",
        "plan: completed in_progress pending",
        "tool_call Write hello.md edit pending",
        "tool_call_update in_progress",
        "tool_call_update completed",
        "plan: completed completed in_progress",
        "agent_message_chunk: Done: \`hello.md\` is written. Say \`ask\` again and I will add a line to it.",
        "plan: completed completed completed",
        "usage_update",
      ]
    `);
  });

  it('leaves everything as it is when it is refused', async () => {
    const { connection, process, witness } = await open(choose('reject'));
    expect(await connection.prompt(say('ask'))).toMatchObject({ stopReason: 'end_turn' });
    expect(existsSync(join(process.cwd, 'hello.md'))).toBe(false);
    expect(spoken(witness.updates)).toContain('I left `hello.md` alone');
  });

  it('asks once when it was allowed for the session, and shows the old text in the next diff', async () => {
    const { connection, process, witness } = await open(choose('allow-session'));
    await connection.prompt(say('ask'));
    let asked = false;
    witness.handlers.permission = () => {
      asked = true;
      return Promise.resolve({ outcome: 'cancelled' });
    };
    await connection.prompt(say('ask'));
    expect(asked).toBe(false);
    expect(readFileSync(join(process.cwd, 'hello.md'), 'utf8')).toContain('Hello again!');
    const diffs = witness.updates.filter((update) => update['kind'] === 'edit');
    expect(diffs[1]).toMatchObject({
      content: [{ oldText: expect.stringContaining('# Hello') as string }],
    });
  });

  it('never asks in the mode auto', async () => {
    const { connection, process } = await open();
    expect((await connection.setConfig('mode', 'auto')).currentModeId).toBe('auto');
    await connection.prompt(say('ask'));
    expect(existsSync(join(process.cwd, 'hello.md'))).toBe(true);
  });

  it('ends the turn as cancelled when the person stops it at the question', async () => {
    const witness = createWitness(() => {
      connection.cancel();
      return new Promise(() => undefined);
    });
    const { connection } = await open(witness);
    expect(await connection.prompt(say('ask'))).toMatchObject({ stopReason: 'cancelled' });
  });
});

describe('the example agent, told', () => {
  it('anything else, says what it can do', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('What are you?'));
    expect(spoken(witness.updates)).toMatchInlineSnapshot(`
      "Hello! I am the example agent. I have no model; I am here so that you can try everything.

      You said: “What are you?”

      Say one of these words:

      - \`ask\`: reads a file, then asks you before it writes \`hello.md\`
      - \`plan\`: works through a plan, step by step
      - \`think\`: thinks aloud before it answers
      - \`long\`: writes a long answer with tables, lists and code
      - \`slow\`: says a line every half second, for 20 seconds: try to stop it
      - \`fail\`: ends the turn with an error
      - \`crash\`: dies in the middle of the turn
      - \`hang\`: never answers, not even when it is asked to stop
      - \`noise\`: prints rubbish that no client should choke on
      - \`chunks\`: followed by a number: sends that many pieces as fast as it can
      "
    `);
  });

  it('plan, takes each entry through its states', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('plan'));
    expect(story(witness.updates).filter((line) => line.startsWith('plan'))).toEqual([
      'plan: in_progress pending pending pending',
      'plan: completed in_progress pending pending',
      'plan: completed completed in_progress pending',
      'plan: completed completed completed in_progress',
      'plan: completed completed completed completed',
    ]);
  });

  it('think, thinks before it answers', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('think'));
    const kinds = story(witness.updates).map((line) => line.split(':')[0]);
    expect(kinds.indexOf('agent_thought_chunk')).toBeLessThan(kinds.indexOf('agent_message_chunk'));
  });

  it('long, writes about 20 kB of Markdown', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('long'));
    const text = spoken(witness.updates);
    expect(text.length).toBeGreaterThan(18_000);
    expect(text.length).toBeLessThan(25_000);
    expect(text).toContain('````markdown');
    expect(text).toContain('👩‍🚀');
  });

  it('fail, ends the turn with an error that says so', async () => {
    const { connection } = await open();
    await expect(connection.prompt(say('fail'))).rejects.toThrow(
      'The agent answered session/prompt with an error: the example agent fails when it hears the word "fail"',
    );
    expect(await connection.prompt(say('hi'))).toMatchObject({ stopReason: 'end_turn' });
  });

  it('crash, leaves an error with its code and its last words', async () => {
    const { connection, witness } = await open();
    await expect(connection.prompt(say('crash'))).rejects.toThrow(
      'The agent exited with code 3 in the middle of a turn.\nexample-agent: crashed because it heard the word "crash"',
    );
    expect(spoken(witness.updates)).toBe('I am about to crash. ');
  });

  it('noise, prints rubbish that only the log shows', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('noise'));
    expect(spoken(witness.updates)).toBe(
      'Some noise comes now… and that was it. You should see nothing of it here.',
    );
    expect(witness.logs).toHaveLength(5);
  });

  it('slow, stops at a cancel, without another line', async () => {
    const { connection, witness } = await open();
    const turn = connection.prompt(say('slow'));
    await until(() => spoken(witness.updates).includes('2 of 40'));
    connection.cancel();
    expect(await turn).toMatchObject({ stopReason: 'cancelled' });
    expect(spoken(witness.updates)).not.toContain('4 of 40');
  });

  it('hang, does not even obey a cancel, but ends with its process', async () => {
    const { connection, witness } = await open();
    const turn = connection.prompt(say('hang'));
    await until(() => story(witness.updates).includes('session_info_update hang'));
    connection.cancel();
    const settled = await Promise.race([
      turn.then(() => 'settled'),
      new Promise((resolve) => setTimeout(resolve, 300, 'hangs')),
    ]);
    expect(settled).toBe('hangs');
    await Promise.all([
      connection.close(),
      expect(turn).rejects.toMatchObject({ code: 'agent_failed' }),
    ]);
  });

  it('chunks, sends exactly that many pieces', async () => {
    const { connection, witness } = await open();
    await connection.prompt(say('chunks 2000'));
    const chunks = witness.updates.filter(
      ({ sessionUpdate }) => sessionUpdate === 'agent_message_chunk',
    );
    expect(chunks).toHaveLength(2000);
  });

  it('to use another model, streams without a pause', async () => {
    const { connection } = await open(createWitness(), '1000');
    const report = await connection.setConfig('model', 'quick');
    expect(report.configOptions[0]?.currentValue).toBe('quick');
    expect(await connection.prompt(say('think'))).toMatchObject({ stopReason: 'end_turn' });
    await expect(connection.setConfig('model', 'huge')).rejects.toMatchObject({
      code: 'agent_failed',
    });
  });
});

describe('the example agent in a new process', () => {
  it('replays a loaded session and goes on with it', async () => {
    const first = await open(choose('allow'));
    await first.connection.prompt(say('ask'));
    await first.connection.close();

    const witness = createWitness();
    const process = await startNode([EXAMPLE_AGENT], first.sessionId, { EXAMPLE_DELAY_MS: '0' });
    const { connection, opened } = await openAgent(process, witness, first.opened.acpSessionId);
    expect(opened).toMatchObject({ how: 'load', acpSessionId: first.opened.acpSessionId });
    const replayed = witness.updates.filter((_, index) => witness.replayed[index]);
    expect(spoken(replayed)).toBe(spoken(first.witness.updates));
    expect(story(replayed)[0]).toBe('user_message_chunk: ask');
    await connection.prompt(say('hello'));
    expect(witness.replayed.at(-1)).toBe(false);
  });

  it('makes a new session when it does not know the old one', async () => {
    const process = await startNode([EXAMPLE_AGENT]);
    const witness = createWitness();
    const { opened } = await openAgent(process, witness, 'c0ffee');
    expect(opened.how).toBe('new');
    expect(witness.logs).toHaveLength(2);
  });
});
