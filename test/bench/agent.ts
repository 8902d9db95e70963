/**
 * The agent of the benchmark: raw NDJSON, no SDK, so that what is measured is the client. Prompts:
 * `chunks N` streams N text chunks at once; `ask N` asks N permissions one after the other and says
 * how long each answer took, in microseconds; `stamp N` the same, and says when each came (ms since
 * 1970); `trickle S` writes a word twice a second for S seconds.
 */
import { createInterface } from 'node:readline';

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly prompt?: readonly { readonly text?: string }[] };
}

/** Bytes handed to the pipe at once. */
const BATCH = 64 * 1024;
const waiting = new Map<number, () => void>();
let asked = 0;

const send = (message: object): void => {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};
const update = (text: string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'session/update',
    params: {
      sessionId: 'bench',
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
    },
  });

async function chunks(count: number): Promise<void> {
  const line = `${update('word ')}\n`;
  let batch = '';
  for (let n = 0; n < count; n += 1) {
    batch += line;
    if (batch.length < BATCH) continue;
    if (!process.stdout.write(batch)) {
      await new Promise((resolve) => {
        process.stdout.once('drain', resolve);
      });
    }
    batch = '';
  }
  process.stdout.write(batch);
}

async function ask(count: number, asStamps: boolean): Promise<void> {
  const took: number[] = [];
  for (let n = 0; n < count; n += 1) {
    asked += 1;
    const id = asked;
    const start = performance.now();
    const answered = new Promise<void>((resolve) => {
      waiting.set(id, resolve);
    });
    send({
      id,
      method: 'session/request_permission',
      params: {
        sessionId: 'bench',
        toolCall: { toolCallId: `t${id}`, title: 'Write hello.md', kind: 'edit' },
        options: [
          { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
          { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
        ],
      },
    });
    await answered;
    const now = performance.now();
    took.push(asStamps ? performance.timeOrigin + now : Math.round((now - start) * 1000));
  }
  process.stdout.write(`${update(JSON.stringify(took))}\n`);
}

async function trickle(seconds: number): Promise<void> {
  for (let n = 0; n < seconds * 2; n += 1) {
    process.stdout.write(`${update(`word ${n} `)}\n`);
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
  }
}

async function prompt(id: unknown, text: string): Promise<void> {
  const [word, count] = text.split(' ');
  if (word === 'ask' || word === 'stamp') await ask(Number(count), word === 'stamp');
  else await (word === 'trickle' ? trickle : chunks)(Number(count));
  send({ id, result: { stopReason: 'end_turn' } });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as Message;
  if (method === 'initialize') {
    send({
      id,
      result: {
        protocolVersion: 1,
        agentCapabilities: {},
        agentInfo: { name: 'bench', version: '1' },
      },
    });
  } else if (method === 'session/new') {
    send({ id, result: { sessionId: 'bench' } });
  } else if (method === 'session/prompt') {
    // A prompt from a platform has its context beside what the person wrote.
    const words = params?.prompt?.find(({ text }) => /^\w+ \d+$/.test(text?.trim() ?? ''))?.text;
    void prompt(id, words?.trim() ?? '');
  } else if (method === undefined && typeof id === 'number') {
    waiting.get(id)?.();
    waiting.delete(id);
  }
});
