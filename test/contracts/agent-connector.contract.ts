/**
 * What every AgentConnector must do, shown with an agent that understands the words of the example
 * agent. `start` gives a new process for the session, the same HOME for the same `key`.
 */
import { describe, expect, it } from 'vitest';
import type { AgentConnector, AgentHandlers, RawUpdate } from '../../src/core/ports/agent.ts';
import type { AgentProcess } from '../../src/core/ports/runtime.ts';

export interface ConnectorUnderTest {
  readonly connector: AgentConnector;
  start(key: string): Promise<AgentProcess>;
}

const say = (text: string): [{ type: 'text'; text: string }] => [{ type: 'text', text }];

export function agentConnectorContract(name: string, under: ConnectorUnderTest): void {
  let keys = 0;
  const open = async (
    more: Partial<AgentHandlers> = {},
    key = `c${(keys += 1)}`,
    previous: string | null = null,
  ) => {
    const happened: string[] = [];
    const updates: RawUpdate[] = [];
    const handlers: AgentHandlers = {
      update(update, replay) {
        updates.push(update);
        happened.push(`${replay ? 'replayed ' : ''}${update.sessionUpdate}`);
      },
      permission(request) {
        happened.push(`asked ${request.toolCallId === '' ? '?' : 'for a tool call'}`);
        return Promise.resolve({
          outcome: 'selected',
          optionId: request.options[0]?.optionId ?? '',
        });
      },
      report: (report) => happened.push(`report ${report.currentModeId}`),
      log: () => undefined,
      ...more,
    };
    const process = await under.start(key);
    const signal = new AbortController().signal;
    const options = { mcpServers: [], previous, signal, launch: { args: [], env: {} } };
    return {
      key,
      happened,
      updates,
      process,
      ...(await under.connector.open(process, options, handlers)),
    };
  };

  describe(`agent connector ${name}`, () => {
    it('opens a new session and says what the agent reported', async () => {
      const { connection, opened } = await open();
      expect(opened).toMatchObject({ how: 'new', report: { canLoad: true, currentModeId: 'ask' } });
      expect(opened.acpSessionId).not.toBe('');
      await connection.close();
    });

    it('hands over every update before the prompt resolves, in order', async () => {
      const { connection, updates } = await open();
      await connection.prompt(say('chunks 3000'));
      const chunks = updates.filter((update) => update.sessionUpdate === 'agent_message_chunk');
      expect(chunks).toHaveLength(3000);
      await connection.close();
    });

    it('asks for permission between the updates around it', async () => {
      const { connection, happened } = await open();
      await connection.prompt(say('ask'));
      const asked = happened.indexOf('asked for a tool call');
      expect(happened[asked - 1]).toBe('tool_call');
      expect(happened[asked + 1]).toBe('tool_call_update');
      await connection.close();
    });

    it('takes one prompt at a time', async () => {
      const { connection } = await open();
      const first = connection.prompt(say('slow'));
      await expect(connection.prompt(say('hi'))).rejects.toMatchObject({ code: 'conflict' });
      connection.cancel();
      expect(await first).toMatchObject({ stopReason: 'cancelled' });
      expect(await connection.prompt(say('hi'))).toMatchObject({ stopReason: 'end_turn' });
      await connection.close();
    });

    it('answers an open permission request as cancelled when the turn is cancelled', async () => {
      const { connection } = await open({
        permission() {
          connection.cancel();
          return new Promise(() => undefined);
        },
      });
      expect(await connection.prompt(say('ask'))).toMatchObject({ stopReason: 'cancelled' });
      await connection.close();
    });

    it('reports a mode that the agent changed by itself, after its update', async () => {
      const { connection, happened } = await open({
        permission: () => Promise.resolve({ outcome: 'selected', optionId: 'allow-session' }),
      });
      await connection.prompt(say('ask'));
      const update = happened.indexOf('current_mode_update');
      expect(happened[update + 1]).toBe('report auto');
      await connection.close();
    });

    it('loads an earlier session, with its history marked as replay', async () => {
      const first = await open();
      await first.connection.prompt(say('hello'));
      await first.connection.close();
      const again = await open({}, first.key, first.opened.acpSessionId);
      expect(again.opened).toMatchObject({ how: 'load', acpSessionId: first.opened.acpSessionId });
      expect(again.happened.slice(0, 2)).toEqual([
        'replayed user_message_chunk',
        'replayed agent_message_chunk',
      ]);
      await again.connection.prompt(say('hello'));
      expect(again.happened).toContain('agent_message_chunk');
      await again.connection.close();
    });

    it('fails a prompt when the agent dies, and says with what words', async () => {
      const { connection } = await open();
      await expect(connection.prompt(say('crash'))).rejects.toMatchObject({
        code: 'agent_failed',
        message: expect.stringContaining('crashed because') as string,
      });
      expect(await connection.exited).toMatchObject({ code: 3 });
    });

    it('ends the process when it is closed, and may be closed again', async () => {
      const { connection, process } = await open();
      const [exit] = await Promise.all([connection.close(), connection.close()]);
      expect(exit).toEqual(await process.exited);
      expect(exit).toMatchObject({ code: 0 });
    });
  });
}
