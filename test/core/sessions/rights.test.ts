import { expect, it } from 'vitest';
import type { Caller } from '../../../src/core/model/actor.ts';
import { createWorld, OPERATOR, startServer } from '../../harness/session-bench.ts';

/** An API token with the scopes to work and to approve, but not to administer. */
const WORKER: Caller = {
  actor: { surface: 'api', id: 'k_1', name: 'worker', kind: 'token' },
  roles: ['read', 'run', 'approve'],
};

it('lets only maintainers choose what an agent runs: command, directory, MCP servers', async () => {
  const { service, decisions } = await startServer(createWorld());
  const agentTemplateId = 'example';
  const shell = { name: 'tools', command: '/bin/sh', args: ['-c', 'id'], env: [] };
  const choices = [
    { spawn: { command: '/bin/sh', args: [] } },
    { agentTemplateId, cwd: '/' },
    { agentTemplateId, mcpServers: [shell] },
  ];
  for (const choice of choices) {
    await expect(service.create(WORKER, choice)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await service.create(OPERATOR, choice)).created).toBe(true);
  }
  expect(decisions.all).toHaveLength(choices.length);
  await service.create(WORKER, { agentTemplateId, mcpServers: [] });
});

it('lets only maintainers allow an agent something for ever', async () => {
  const server = await startServer(createWorld());
  const answers: unknown[] = [];
  server.agents.behave = async (turn) => {
    answers.push(
      await turn.ask('Write hello.md', 't1', [
        { optionId: 'always', name: 'Always', kind: 'allow_always' },
        { optionId: 'session', name: 'For this session', kind: 'allow_session' },
        { optionId: 'once', name: 'Once', kind: 'allow_once' },
      ]),
    );
    return 'end_turn';
  };
  const id = await server.open();
  await server.say(id, 'write');
  await server.clock.advance(10);
  const [request] = await server.service.permissions(OPERATOR);
  if (!request) throw new Error('no pending request');
  const by = (caller: Caller, optionId: string) =>
    server.service.answerPermission(caller, id, request.id, { optionId });
  for (const optionId of ['always', 'session']) {
    await expect(by(WORKER, optionId)).rejects.toMatchObject({ code: 'forbidden' });
  }
  expect(server.decisions.all).toMatchObject([
    { verb: 'approve.always', outcome: 'refused' },
    { verb: 'approve.always', outcome: 'refused' },
  ]);
  await by(WORKER, 'once');
  await server.rest(id);
  expect(answers).toEqual([{ outcome: 'selected', optionId: 'once' }]);
});
