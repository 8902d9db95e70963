/**
 * Agents that behave badly, one a word: `node odd.ts <word>`. Raw NDJSON without the SDK, so that
 * they can break every rule. What they do not break they do right.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly prompt?: readonly { readonly text?: string }[] };
  readonly result?: { readonly outcome?: { readonly outcome?: string; optionId?: string } };
}

type Answer = (result: unknown) => Promise<void>;

const word = process.argv[2] ?? '';
const LONGEST_LINE = 32 * 1024 * 1024;
const GARBAGE = Buffer.from(
  Array.from({ length: 4096 }, (_, index) => (index * 151 + (index >> 3)) % 256),
);

async function write(text: string | Buffer): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
const send = (message: object): Promise<void> =>
  write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const update = (body: object): Promise<void> =>
  send({ method: 'session/update', params: { sessionId: 'odd', update: body } });
const say = (text: string): Promise<void> =>
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });

/** Leaves once everything that it said is out. */
function die(code: number, lastWords: string): void {
  process.stderr.write(`${lastWords}\n`, () => setTimeout(() => process.exit(code), 20));
}

let isCancelled = false;
let decided: (message: Message) => void = () => undefined;
async function askPermission(options: unknown, toolCall: object): Promise<string> {
  const answer = new Promise<Message>((resolve) => {
    decided = resolve;
  });
  const params = { sessionId: 'odd', toolCall, options };
  await send({ id: 'may-i', method: 'session/request_permission', params });
  return JSON.stringify((await answer).result?.outcome);
}

/** What each does when it is prompted; those that are not here answer as an agent should. */
const turns: Readonly<Record<string, (end: Answer, text: string) => Promise<void> | void>> = {
  /** Says what it heard, in a form that is easy to compare. */
  async fingerprint(end, text) {
    await say(createHash('sha256').update(JSON.stringify(text)).digest('hex'));
    await end({ stopReason: 'end_turn' });
  },
  /** Works until it is cancelled. */
  async steady(end) {
    for (let n = 1; !isCancelled; n += 1) {
      await say(`${n} `);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await end({ stopReason: 'cancelled' });
  },
  async garbage(end) {
    await write(GARBAGE);
    await write('\n{"jsonrpc":"2.0","id":"never asked","result":{}}\n{"half":\n');
    await say('In between the garbage I work.');
    await write(GARBAGE);
    await write('\n');
    await end({ stopReason: 'end_turn' });
  },
  async 'exit-mid-turn'() {
    await say('I begin, and then ');
    die(9, 'odd: out of memory, or so I say');
  },
  async 'hang-turn'() {
    process.on('SIGTERM', () => undefined);
    await say('You will wait for long.');
  },
  async 'long-line'(end) {
    const head = `{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"odd","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"`;
    await write(`${head}${'x'.repeat(LONGEST_LINE)}"}}}}\n`);
    await say('That was a long line.');
    await end({ stopReason: 'end_turn' });
  },
  async flood() {
    const text = 'All work and no play makes a dull log. '.repeat(20);
    for (let n = 0; ; n += 1) {
      const content = [{ type: 'content', content: { type: 'text', text: `${n} ${text}` } }];
      await update({ sessionUpdate: 'tool_call_update', toolCallId: 'flood', content });
    }
  },
  async numbers(end) {
    await update({
      sessionUpdate: 'tool_call',
      toolCallId: 'count',
      title: 'Count',
      kind: 'other',
    });
    for (let n = 0; n < 4_000; n += 1) {
      await update({ sessionUpdate: 'tool_call_update', toolCallId: 'count', title: `${n}` });
      if (n % 3 === 0) await say(`${n} `);
    }
    await end({ stopReason: 'end_turn' });
  },
  async 'no-options'(end) {
    await say(await askPermission([], { toolCallId: 't', title: 'Nothing to choose' }));
    await end({ stopReason: 'end_turn' });
  },
  async 'odd-options'(end) {
    const options = [
      { optionId: 'twice', name: '<b>First</b>', kind: 'allow_once' },
      { optionId: 'twice', name: 'Same id, other name', kind: 'reject_once' },
      { name: 'Without an id', kind: 'allow_once' },
      { optionId: 'unheard', name: 'r\u0069ght\u202Etfel', kind: 'allow_sometimes' },
      { optionId: 'long', name: 'n'.repeat(5_000), kind: 'allow_always' },
      { optionId: 'nameless', kind: 'reject_always' },
      'not even an object',
    ];
    await say(await askPermission(options, { toolCallId: 7, title: '' }));
    await end({ stopReason: 'end_turn' });
  },
};

async function handle({ id, method, params, result }: Message): Promise<void> {
  const answer: Answer = (value) => send({ id, result: value });
  if (id === 'may-i') decided({ id, ...(result && { result }) });
  else if (method === 'initialize') {
    if (word === 'hang-initialize' || word === 'only-garbage') return;
    await answer({ protocolVersion: 1, agentCapabilities: {}, authMethods: [] });
  } else if (method === 'session/new') await answer({ sessionId: 'odd' });
  else if (method === 'session/cancel') isCancelled = true;
  else if (method === 'session/prompt') {
    isCancelled = false;
    const turn = turns[word];
    if (turn !== undefined) return turn(answer, params?.prompt?.[0]?.text ?? '');
    await say('I am fine.');
    await answer({ stopReason: 'end_turn' });
  }
}

if (word === 'exit-at-start') {
  console.error('odd: I cannot find my configuration');
  process.exit(7);
} else if (word === 'garbage') {
  await write(GARBAGE);
  await write('\n');
} else if (word === 'only-garbage') setInterval(() => void write(GARBAGE), 20);
if (word === 'hang-turn' || word === 'hang-initialize') setInterval(() => undefined, 60_000);

for await (const line of createInterface({ input: process.stdin })) {
  void handle(JSON.parse(line) as Message);
}
