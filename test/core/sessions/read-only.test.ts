/** Turns that may look and change nothing. */
import { describe, expect, it } from 'vitest';
import type { AgentReport } from '../../../src/core/model/agent.ts';
import { readOnlyMode } from '../../../src/core/sessions/read-only.ts';
import { createWorld, OPERATOR, startServer } from '../../harness/session-bench.ts';

const REPORT: AgentReport = {
  canLoad: false,
  canResume: false,
  promptKinds: [],
  modes: [],
  configOptions: [],
};

describe('the read-only mode of an agent', () => {
  const modes = (...ids: readonly string[]): AgentReport => ({
    ...REPORT,
    modes: ids.map((id) => ({ id, name: id })),
    currentModeId: 'default',
  });

  it.each([
    ['plan', modes('default', 'acceptEdits', 'plan', 'bypassPermissions')],
    ['read-only', modes('read-only', 'auto', 'full-access')],
    ['plan', modes('build', 'plan')],
    ['x', { ...REPORT, modes: [{ id: 'x', name: 'Read only' }], currentModeId: 'default' }],
  ])('is found by its usual names: %s', (value, report) => {
    expect(readOnlyMode(report)).toEqual({ value, before: 'default' });
  });

  it('is found among the options where the agent offers those', () => {
    const options = ['code', 'ask'].map((value) => ({ value, name: value }));
    const mode = { id: 'm1', name: 'Mode', category: 'mode', type: 'select', options };
    const report = { ...REPORT, configOptions: [{ ...mode, currentValue: 'code' }] };
    expect(readOnlyMode(report)).toEqual({ value: 'ask', before: 'code' });
  });

  it('may be missing', () => {
    expect(readOnlyMode(modes('default', 'yolo', 'planetary'))).toBeUndefined();
    expect(readOnlyMode(null)).toBeUndefined();
  });
});

async function turnOf(readOnly: boolean, kind: string | undefined) {
  const server = await startServer(createWorld());
  const answers: unknown[] = [];
  server.agents.modes = ['default', 'plan'];
  server.agents.behave = async (turn) => {
    turn.say('Looked.');
    answers.push(await turn.ask('Do it', 't1', undefined, kind));
    return 'end_turn';
  };
  const id = await server.open();
  const content = [{ type: 'text' as const, text: 'look' }];
  await server.service.prompt(OPERATOR, id, { content, readOnly });
  await server.clock.advance(50);
  return { server, id, answers };
}

describe('a read-only turn', () => {
  it.each(['edit', 'delete', 'move', 'execute', 'switch_mode', 'other'])(
    'refuses without asking what would change something: %s',
    async (kind) => {
      const { server, id, answers } = await turnOf(true, kind);
      await server.rest(id);
      expect(answers).toEqual([{ outcome: 'selected', optionId: 'no' }]);
      const resolved = server.events(id).find(({ type }) => type === 'permission.resolved');
      expect(resolved?.data).toMatchObject({ rule: 'this turn is read-only', optionId: 'no' });
    },
  );

  it.each(['read', 'search', 'think', 'fetch'])(
    'asks people for what only looks: %s',
    async (kind) => {
      const { server, answers } = await turnOf(true, kind);
      expect(await server.service.permissions(OPERATOR)).toHaveLength(1);
      expect(answers).toEqual([]);
    },
  );

  it("is run in the agent's read-only mode, which is taken back at its end", async () => {
    const { server, id } = await turnOf(true, 'edit');
    await server.rest(id);
    expect(server.agents.set).toEqual(['mode=plan', 'mode=default']);
  });

  it('stays so when it is run again', async () => {
    const { server, id, answers } = await turnOf(true, 'edit');
    await server.rest(id);
    await server.service.retry(OPERATOR, id);
    await server.clock.advance(50);
    await server.rest(id);
    expect(answers).toHaveLength(2);
    expect(answers[1]).toEqual({ outcome: 'selected', optionId: 'no' });
  });

  it('leaves other turns as they are', async () => {
    const { server } = await turnOf(false, 'edit');
    expect(await server.service.permissions(OPERATOR)).toHaveLength(1);
    expect(server.agents.set).toEqual([]);
  });
});

describe('a session', () => {
  it('is tainted by what it was given, and stays so', async () => {
    const { server, id } = await turnOf(false, 'edit');
    const session = () => server.service.session(OPERATOR, id);
    expect((await session()).tainted).toBe(false);
    const content = [{ type: 'text' as const, text: 'look' }];
    await server.service.prompt(OPERATOR, id, { content, tainted: true });
    expect((await session()).tainted).toBe(true);
    await server.service.prompt(OPERATOR, id, { content });
    expect((await session()).tainted).toBe(true);
  });

  it('tells the rules whether it is tainted', async () => {
    const seen: boolean[] = [];
    const decide = ({ tainted }: { readonly tainted: boolean }) => {
      seen.push(tainted);
      return { action: 'allow' as const, rule: 'all' };
    };
    const server = await startServer(createWorld(), { decide });
    server.agents.behave = async (turn) => {
      await turn.ask('Do it');
      return 'end_turn';
    };
    const id = await server.open();
    const content = [{ type: 'text' as const, text: 'go' }];
    for (const tainted of [false, true, false]) {
      await server.service.prompt(OPERATOR, id, { content, tainted });
      await server.clock.advance(50);
      await server.rest(id);
    }
    expect(seen).toEqual([false, true, true]);
  });
});
