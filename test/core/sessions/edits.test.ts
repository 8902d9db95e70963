import { expect, test } from 'vitest';
import { createActionTokens } from '../../../src/core/access/action-token.ts';
import { createMintEdit, runEditByToken } from '../../../src/core/sessions/edit-by-token.ts';
import { createWorld, OPERATOR, READER, startServer } from '../../harness/session-bench.ts';

async function edited(text = 'mend the parser') {
  const server = await startServer(createWorld());
  const id = await server.open();
  const context = { type: 'resource', resource: { uri: 'issue://1', text: 'the issue' } } as const;
  const { promptId } = await server.service.prompt(OPERATOR, id, {
    content: [context, { type: 'text', text: 'mend the lexer' }],
  });
  await server.rest(id);
  const isOffered = await server.service.offerEdit(OPERATOR, promptId, text);
  const prompts = async () => server.memory.sessions.prompts(id, ['queued', 'running', 'done']);
  return { server, id, promptId, isOffered, prompts };
}

const tokens = createActionTokens({ key: new Uint8Array(32).fill(3) });

test('an edit that came too late runs when somebody says so, with the context of the first', async () => {
  const { server, id, promptId, isOffered, prompts } = await edited();
  expect(isOffered).toBe(true);
  const first = await server.service.runEdit(OPERATOR, id);
  await server.rest(id);
  expect((await prompts()).map(({ content }) => content)).toEqual([
    [expect.objectContaining({ type: 'resource' }), { type: 'text', text: 'mend the lexer' }],
    [expect.objectContaining({ type: 'resource' }), { type: 'text', text: 'mend the parser' }],
  ]);
  const again = await server.service.runEdit(OPERATOR, id, promptId);
  expect(again).toMatchObject({ promptId: first.promptId, created: false });
  expect(await prompts()).toHaveLength(2);
});

test('nothing is offered for other space, for a prompt that never ran, or to who may not run', async () => {
  const { server, id, promptId, isOffered } = await edited('mend  the\nlexer ');
  expect(isOffered).toBe(false);
  await expect(server.service.runEdit(OPERATOR, id)).rejects.toThrow(/No message here was edited/);
  server.agents.behave = () => new Promise(() => {});
  await server.say(id, 'long');
  const waiting = await server.say(id, 'waits');
  expect(await server.service.offerEdit(OPERATOR, waiting.promptId, 'other')).toBe(false);
  await expect(server.service.offerEdit(READER, promptId, 'other')).rejects.toThrow(/role `run`/);
  await expect(server.service.runEdit(READER, id, promptId)).rejects.toThrow(/role `run`/);
});

test('a button runs the text that it was shown for, on its surface, once', async () => {
  const { server, id, promptId, prompts } = await edited();
  const deps = { sessions: server.service, actionTokens: tokens, clock: server.clock };
  const expiresAt = server.clock.now() + 1000;
  const offer = { label: 'Run', sessionId: id, promptId, text: 'mend the parser', expiresAt };
  const mint = createMintEdit(tokens, 'slack');
  const press = (token: string, surface = 'slack') =>
    runEditByToken(deps, surface, OPERATOR, token);
  await expect(press(mint(offer), 'github')).rejects.toThrow(/too old/);
  await expect(press(mint({ ...offer, text: 'rm -rf /' }))).rejects.toThrow(/edited once more/);
  await press(mint(offer));
  await press(mint(offer));
  await server.rest(id);
  expect((await prompts()).map(({ text }) => text)).toEqual(['mend the lexer', 'mend the parser']);
  await server.clock.advance(1000);
  await expect(press(mint(offer))).rejects.toThrow(/too old/);
});
