/**
 * An agent process that plays the agent's side of a recorded wire, word for word:
 * `node test/harness/scripted-agent.ts <recording.ndjson> [process]`, where `process` is 0, or 1 for
 * what comes after the note "second process".
 *
 * It waits for the message that the recorded client sent next (a request by its method, an answer
 * by its id), then prints the agent's lines up to the following one. Ids of the client's requests
 * are mapped to those that really came. Exits with code 4 when something else is said instead.
 */
import { createInterface } from 'node:readline';
import { recordedProcesses } from './recordings.ts';
import type { RecordedLine } from './recordings.ts';

type Message = RecordedLine['msg'];

const PATIENCE_MS = 10_000;

const [path, part = '0'] = process.argv.slice(2);
if (path === undefined) throw new Error('Which recording?');
const lines = recordedProcesses(path)[Number(part)];
if (lines === undefined) throw new Error(`${path} has no process ${part}`);

/** What the client said and nothing has waited for yet. */
const heard: Message[] = [];
let wake: () => void = () => undefined;
let closed = false;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    heard.push(JSON.parse(line) as Message);
    wake();
  })
  .on('close', () => {
    closed = true;
    wake();
  });

/** Recorded id -> the id that the client really used. */
const ids = new Map<unknown, unknown>();

for (const { dir, msg } of lines) {
  if (dir === 'a2c') say(msg);
  else await hear(msg);
}

function say(msg: Message): void {
  const isAnswer = msg.method === undefined;
  const real = isAnswer && ids.has(msg.id) ? { ...msg, id: ids.get(msg.id) } : msg;
  process.stdout.write(`${JSON.stringify(real)}\n`);
}

async function hear(expected: Message): Promise<void> {
  const deadline = setTimeout(() => give(expected), PATIENCE_MS);
  for (;;) {
    const message = heard.shift();
    if (message !== undefined && answersTo(expected, message)) {
      if (expected.method !== undefined) ids.set(expected.id, message.id);
      clearTimeout(deadline);
      return;
    }
    if (message !== undefined) give(expected, message);
    if (closed) give(expected);
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

function answersTo(expected: Message, message: Message): boolean {
  return expected.method === undefined
    ? message.method === undefined && message.id === expected.id
    : message.method === expected.method;
}

function give(expected: Message, instead?: Message): never {
  process.stderr.write(
    `Expected ${JSON.stringify(expected).slice(0, 200)}, heard ${JSON.stringify(instead)?.slice(0, 200)}\n`,
  );
  process.exit(4);
}
