import { describe, expect, it } from 'vitest';
import type { SessionId } from '../../../src/core/model/ids.ts';
import { mintCode, ownerNumber } from '../../../src/core/sessions/codes.ts';
import { createWorld, OPERATOR, READER, startServer } from '../../harness/session-bench.ts';
import type { BenchOptions, Server, World } from '../../harness/session-bench.ts';

async function asking(world: World = createWorld(), options: BenchOptions = {}) {
  const server = await startServer(world, options);
  const answers: unknown[] = [];
  server.agents.behave = async (turn) => {
    answers.push(await turn.ask('Write hello.md'));
    return 'end_turn';
  };
  const id = await server.open();
  await server.say(id, 'write');
  await server.clock.advance(10);
  return { server, id, answers };
}

async function only(server: Server) {
  const [request] = await server.service.permissions(OPERATOR);
  if (!request) throw new Error('no pending request');
  return request;
}

describe('a permission request', () => {
  it('reaches people with a short code, and the agent gets the option as offered', async () => {
    const { server, id, answers } = await asking();
    const request = await only(server);
    expect(request).toMatchObject({ title: 'Write hello.md', kind: 'edit', state: 'pending' });
    expect(request.code).toMatch(/^[a-z][2-9]$/);
    await server.service.answerPermission(OPERATOR, id, request.id, { optionId: 'yes' });
    await server.rest(id);
    expect(answers).toEqual([{ outcome: 'selected', optionId: 'yes' }]);
    expect(
      server.events(id).find((event) => event.type === 'permission.resolved')?.data,
    ).toMatchObject({ outcome: 'selected', optionId: 'yes', by: { name: 'Ada' } });
    expect(server.decisions.all).toMatchObject([
      { verb: 'permission.answer', outcome: 'allowed', reason: 'yes', actor: { name: 'Ada' } },
    ]);
  });

  it.each([
    { rule: true, ends: 'fulfilled' },
    { rule: false, ends: 'rejected' },
    { rule: undefined, ends: 'rejected' },
  ])('is answered by who asked for the turn as the rule says: $rule', async ({ rule, ends }) => {
    const options = rule === undefined ? {} : { requesterMayApprove: rule };
    const server = await startServer(createWorld(), options);
    server.agents.behave = async (turn) => {
      await turn.ask('Write hello.md');
      return 'end_turn';
    };
    const runner = { actor: { ...READER.actor, id: 'ann', name: 'Ann' }, roles: ['run'] as const };
    const id = await server.open();
    await server.service.prompt(runner, id, { content: [{ type: 'text', text: 'write' }] });
    await server.clock.advance(10);
    const request = await only(server);
    const answer = { optionId: 'yes' };
    const [own] = await Promise.allSettled([
      server.service.answerPermission(runner, id, request.id, answer),
    ]);
    expect(own.status).toBe(ends);
  });

  it('is answered once: of twenty at the same time one wins and the others hear who did', async () => {
    const { server, id, answers } = await asking();
    const request = await only(server);
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        server.service.answerPermission(OPERATOR, id, request.id, {
          optionId: n % 2 === 0 ? 'yes' : 'no',
        }),
      ),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const lost = tries.find((one) => one.status === 'rejected');
    expect(lost?.reason).toMatchObject({
      code: 'already_answered',
      message: 'Already allowed by Ada: Allow once.',
    });
    await server.rest(id);
    expect(answers).toHaveLength(1);
  });

  it('refuses an option that was not offered and a person who may not, and stays pending', async () => {
    const { server, id } = await asking();
    const request = await only(server);
    const odd = server.service.answerPermission(OPERATOR, id, request.id, { optionId: 'maybe' });
    await expect(odd).rejects.toMatchObject({ code: 'unprocessable' });
    const reader = server.service.answerPermission(READER, id, request.id, { optionId: 'yes' });
    await expect(reader).rejects.toMatchObject({ code: 'forbidden' });
    expect(server.decisions.all).toMatchObject([
      { verb: 'permission.answer', outcome: 'refused', actor: { name: 'Ravi' } },
    ]);
    expect((await only(server)).id).toBe(request.id);
  });

  it('expires after half an hour: the agent is told the reject option', async () => {
    const { server, id, answers } = await asking();
    const request = await only(server);
    await server.clock.advance(31 * 60_000);
    await server.rest(id);
    expect(answers).toEqual([{ outcome: 'selected', optionId: 'no' }]);
    const late = server.service.answerPermission(OPERATOR, id, request.id, { optionId: 'yes' });
    await expect(late).rejects.toMatchObject({
      code: 'already_answered',
      message: 'It expired before somebody answered.',
    });
  });

  it('is decided by policy before people are asked, and says by which rule', async () => {
    const { server, id, answers } = await asking(createWorld(), {
      decide: () => ({ action: 'deny', rule: 'no writes' }),
    });
    await server.rest(id);
    expect(answers).toEqual([{ outcome: 'selected', optionId: 'no' }]);
    expect(
      server.events(id).find((event) => event.type === 'permission.resolved')?.data,
    ).toMatchObject({ rule: 'no writes', by: { surface: 'system' } });
  });

  it('merges the tool call with what updates told of it before', async () => {
    const server = await startServer(createWorld());
    server.agents.behave = async (turn) => {
      turn.update({
        sessionUpdate: 'tool_call',
        toolCallId: 't1',
        title: 'old title',
        content: [{ type: 'diff', path: '/a', oldText: null, newText: 'x' }],
      });
      await turn.ask('Write', 't1');
      return 'end_turn';
    };
    const id = await server.open();
    await server.say(id, 'write');
    await server.clock.advance(10);
    expect((await only(server)).toolCall).toMatchObject({
      title: 'Write',
      content: [{ type: 'diff', path: '/a' }],
    });
  });

  it('can be one of several: each is answered by itself', async () => {
    const server = await startServer(createWorld());
    server.agents.behave = async (turn) => {
      const both = await Promise.all([turn.ask('A', 'a'), turn.ask('B', 'b')]);
      turn.say(JSON.stringify(both));
      return 'end_turn';
    };
    const id = await server.open();
    const { promptId } = await server.say(id, 'write');
    await server.clock.advance(10);
    const both = await server.service.permissions(OPERATOR, id);
    const [a, b] = both.toSorted((one, other) => (one.title < other.title ? -1 : 1));
    expect(a?.code).not.toBe(b?.code);
    if (!a || !b) throw new Error('two requests expected');
    await server.service.answerPermission(OPERATOR, id, b.id, { optionId: 'no' });
    await server.service.answerPermission(OPERATOR, id, a.id, { optionId: 'yes' });
    await server.rest(id);
    const turn = server.service.turnResult(OPERATOR, promptId, new AbortController().signal);
    expect((await turn).text).toBe(
      '[{"outcome":"selected","optionId":"yes"},{"outcome":"selected","optionId":"no"}]',
    );
  });
});

describe('a short code', () => {
  it('is never one that waits already, however many do', () => {
    const taken = new Set<string>();
    for (let n = 0; n < 500; n += 1) {
      const code = mintCode(taken, 1);
      expect(taken.has(code)).toBe(false);
      taken.add(code);
    }
  });

  it('is none that an owner before gave, seen before a restart', () => {
    const id = 's_1' as SessionId;
    const codesOf = (epoch: number): readonly string[] =>
      Array.from({ length: 50 }, () => mintCode(new Set(), ownerNumber(id, epoch)));
    const given = new Set<string>();
    for (let epoch = 1; epoch <= 19; epoch += 1) {
      const codes = codesOf(epoch);
      expect(codes.filter((code) => given.has(code))).toEqual([]);
      for (const code of codes) given.add(code);
    }
  });
});
