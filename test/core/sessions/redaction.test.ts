import { expect, it } from 'vitest';
import { createLearningRedactor } from '../../../src/core/access/redact.ts';
import { mintId } from '../../../src/core/model/ids.ts';
import { AppError } from '../../../src/core/model/errors.ts';
import { redactedSessions } from '../../../src/core/sessions/redacted-store.ts';
import { createWorld, OPERATOR, startServer } from '../../harness/session-bench.ts';

const TOKEN = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a';

async function start() {
  const world = createWorld();
  const sessions = redactedSessions(world.memory.sessions, createLearningRedactor());
  return startServer({ ...world, memory: { ...world.memory, sessions } });
}

it('stores no token that an agent says, runs or dies of, and gives a prompt as it came', async () => {
  const server = await start();
  server.agents.behave = async (turn) => {
    turn.say(`The token is\n${TOKEN}`);
    turn.update({ sessionUpdate: 'tool_call', toolCallId: 't1', title: `use ${TOKEN}` });
    await turn.ask(`curl -H ${TOKEN}`);
    throw new AppError('agent_failed', `refused ${TOKEN}`);
  };
  const id = await server.open();
  const { promptId } = await server.say(id, `Use ${TOKEN}`);
  await server.clock.advance(10);
  const [request] = await server.service.permissions(OPERATOR);
  if (!request) throw new Error('no pending request');
  const shown = server.events(id).find(({ type }) => type === 'permission.requested')?.data;
  expect(request).toMatchObject({
    title: 'curl -H [secret]',
    toolCall: { title: 'curl -H [secret]' },
  });
  expect(shown).toMatchObject({ toolCall: request.toolCall });
  await server.service.answerPermission(OPERATOR, id, request.id, { optionId: 'yes' });
  await server.rest(id);
  expect(server.agents.prompts).toEqual([`Use ${TOKEN}`]);
  const prompt = await server.memory.sessions.prompt(promptId);
  expect(prompt).toMatchObject({ text: `Use ${TOKEN}`, error: 'refused [secret]' });
  const log = JSON.stringify(server.events(id));
  expect(log).not.toContain(TOKEN);
  expect(log.match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(5);
});

it('knows the secrets of a session from its environment, also after a restart', async () => {
  const world = createWorld();
  const own = world.memory.sessions;
  const redacted = () => redactedSessions(own, createLearningRedactor());
  const secret = 'swordfish-of-the-team';
  const start = () => startServer({ ...world, memory: { ...world.memory, sessions: redacted() } });
  const first = await start();
  const id = await first.open();
  const session = await own.session(id);
  if (session === undefined) throw new Error('no session');
  const other = mintId('s', 1);
  const env = { MODEL_API_KEY: secret, NODE_ENV: 'production' };
  await redacted().commit({
    sessionId: other,
    create: { ...session, id: other, env },
    events: [],
    at: 0,
  });
  const again = await start();
  again.agents.behave = async (turn) => {
    turn.say(`in production the key is ${secret}`);
    return 'end_turn';
  };
  await again.say(other, 'go');
  await again.rest(other);
  const log = JSON.stringify(again.events(other));
  expect(log).toContain('in production the key is [secret]');
  expect(log).not.toContain(secret);
});
