/** Elements that answer a request: each counts for what it was shown beside, once, on its surface. */
import { describe, expect, it } from 'vitest';
import { createActionTokens } from '../../../src/core/access/action-token.ts';
import type { Caller } from '../../../src/core/model/actor.ts';
import { answerByToken, createMintAnswer } from '../../../src/core/sessions/answer-by-token.ts';
import { createWorld, OPERATOR, READER, startServer } from '../../harness/session-bench.ts';

const OTHER: Caller = { ...OPERATOR, actor: { ...OPERATOR.actor, id: 'other', name: 'Otto' } };
const YES = { optionId: 'yes', name: 'Allow once', kind: 'allow_once' };
const NO = { optionId: 'no', name: 'Deny', kind: 'reject_once' };

async function asking() {
  const server = await startServer(createWorld());
  server.agents.behave = async (turn) => {
    await turn.ask('Write hello.md');
    return 'end_turn';
  };
  const id = await server.open();
  await server.say(id, 'write');
  await server.clock.advance(10);
  const [request] = await server.service.permissions(OPERATOR);
  if (!request) throw new Error('nothing is asked');
  const actionTokens = createActionTokens({ key: new Uint8Array(32).fill(7) });
  const mint = createMintAnswer(actionTokens, 'paper');
  const { id: requestId, expiresAt, toolCall: asked } = request;
  const permission = { requestId, expiresAt, asked };
  const deps = { sessions: server.service, actionTokens, clock: server.clock };
  return {
    server,
    permission,
    mint: (option = YES, shown = permission) => mint({ sessionId: id, permission: shown }, option),
    press: (token: string, caller = OPERATOR, surface = 'paper') =>
      answerByToken(deps, surface, caller, token),
    pending: async () => (await server.service.permissions(OPERATOR)).length,
  };
}

describe('a token', () => {
  it('answers with its option', async () => {
    const { mint, press, pending } = await asking();
    await press(mint());
    expect(await pending()).toBe(0);
  });

  it('counts for nothing beside another input than the one that is asked about', async () => {
    const { mint, press, permission, pending } = await asking();
    const shown = { ...permission, asked: { ...permission.asked, title: 'Write nothing' } };
    await expect(press(mint(YES, shown))).rejects.toMatchObject({
      code: 'unprocessable',
      message: 'What the agent asks has changed. Please read it again.',
    });
    expect(await pending()).toBe(1);
  });

  it('counts on no other surface, not when it is changed, and not for ever', async () => {
    const { mint, press, server, pending } = await asking();
    const token = mint();
    const gone = { code: 'unprocessable' };
    await expect(press(token, OPERATOR, 'stone')).rejects.toMatchObject(gone);
    await expect(press(`${token}x`)).rejects.toMatchObject(gone);
    expect(await pending()).toBe(1);
    await server.clock.advance(31 * 60_000);
    await expect(press(token)).rejects.toMatchObject(gone);
  });

  it('says nothing to who repeats their answer, and to all others what was decided', async () => {
    const { mint, press } = await asking();
    await press(mint());
    await expect(press(mint())).resolves.toBeUndefined();
    const told = { code: 'already_answered', message: 'Already allowed by Ada: Allow once.' };
    await expect(press(mint(NO))).rejects.toMatchObject(told);
    await expect(press(mint(), OTHER)).rejects.toMatchObject(told);
    // Who may only look was late as well: there is nothing left to refuse them.
    await expect(press(mint(), READER)).rejects.toMatchObject(told);
  });
});
