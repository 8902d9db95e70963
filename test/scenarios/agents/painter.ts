/** The agent in the README's picture: a plan, some steps, an answer, and a question with a diff. */
import { createInterface } from 'node:readline';

interface Message {
  readonly id?: unknown;
  readonly method?: string;
}

const send = (message: object): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};
const update = (body: object): void =>
  send({ method: 'session/update', params: { sessionId: 'painter', update: body } });
const say = (text: string): void =>
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
const plan = (...entries: readonly (readonly [string, string])[]): void =>
  update({
    sessionUpdate: 'plan',
    entries: entries.map(([status, content]) => ({ status, content, priority: 'medium' })),
  });
const done = (toolCallId: string, kind: string, title: string, text: string): void =>
  update({
    sessionUpdate: 'tool_call',
    toolCallId,
    kind,
    title,
    status: 'completed',
    content: [{ type: 'content', content: { type: 'text', text } }],
  });

const BEFORE = `it('logs in with a fresh link', async () => {
  const link = mintLink(Date.now());
  await sleep(500);
  expect(await redeem(link)).toBe('ok');
});
`;
const AFTER = `it('logs in with a fresh link', async () => {
  const clock = createManualClock();
  const link = mintLink(clock.now());
  clock.advance(500);
  expect(await redeem(link)).toBe('ok');
});
`;

function work(): void {
  plan(
    ['completed', 'Find out when the test fails'],
    ['in_progress', 'Mend the test'],
    ['pending', 'Run it a hundred times'],
  );
  say('Let me look at the test, and run it a few times.\n\n');
  done('read', 'read', 'Read test/login.test.ts', BEFORE);
  done('run', 'execute', 'npm test -- login --repeat 20', '18 passed, 2 failed');
  say(
    'It fails **2 times in 20**: on a busy machine `sleep(500)` takes longer than the link lives. With a clock that the test moves by hand, no real time passes.\n\n',
  );
  const file = '/home/you/shop/test/login.test.ts';
  const toolCall = {
    toolCallId: 'edit',
    kind: 'edit',
    title: 'Change test/login.test.ts',
    status: 'pending',
    content: [{ type: 'diff', path: file, oldText: BEFORE, newText: AFTER }],
  };
  update({ sessionUpdate: 'tool_call', ...toolCall });
  const options = [
    { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
    { optionId: 'always', name: 'Allow for this session', kind: 'allow_always' },
    { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
  ];
  send({
    id: 'ask',
    method: 'session/request_permission',
    params: { sessionId: 'painter', toolCall, options },
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line) as Message;
  if (method === 'initialize') {
    send({ id, result: { protocolVersion: 1, agentCapabilities: {}, authMethods: [] } });
  } else if (method === 'session/new') {
    send({ id, result: { sessionId: 'painter' } });
  } else if (method === 'session/prompt') work();
}
