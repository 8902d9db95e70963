/** One function a word: what the example agent does when it hears it. */
import { setTimeout as pause } from 'node:timers/promises';
import { RequestError } from '@agentclientprotocol/sdk';
import { ask, showSteps } from './ask.ts';
import { longAnswer } from './long-answer.ts';
import type { Stage } from './stage.ts';
import { WORDS } from './words.ts';
import type { Wish, Word } from './words.ts';

export interface TurnDeps {
  /** Writes to stdout below the protocol; resolves when it may be written to again. */
  readonly writeRaw: (text: string) => Promise<void>;
  readonly sessionId: string;
}

type Turn = (stage: Stage, deps: TurnDeps, wish: Wish) => Promise<void>;

const TURNS: Readonly<Record<Word, Turn>> = {
  ask,
  plan,
  think,
  slow,
  noise,
  crash,
  chunks,
  long: (stage) => stage.say(longAnswer(), 60),
  async fail(stage) {
    await stage.say('You asked for it: ');
    throw new RequestError(-32603, 'the example agent fails when it hears the word "fail"');
  },
  // Not even a cancel ends it: this is what a client's deadline is for.
  hang: () => new Promise(() => setInterval(() => undefined, 60_000)),
};

export async function takeTurn(
  stage: Stage,
  deps: TurnDeps,
  wish: Wish,
  text: string,
): Promise<void> {
  if (wish.word === null) await greet(stage, text);
  else await TURNS[wish.word](stage, deps, wish);
}

async function greet(stage: Stage, text: string): Promise<void> {
  const said = text.trim().replaceAll(/\s+/g, ' ').slice(0, 200);
  const words = Object.entries(WORDS).map(([word, does]) => `- \`${word}\`: ${does}`);
  await stage.say(
    `Hello! I am the example agent. I have no model; I am here so that you can try everything.\n\n` +
      (said === '' ? '' : `You said: “${said}”\n\n`) +
      `Say one of these words:\n\n${words.join('\n')}\n`,
    30,
  );
}

async function plan(stage: Stage): Promise<void> {
  const steps = ['Read the question', 'Think of an answer', 'Check it', 'Say it'];
  await stage.say('Here is my plan.\n\n');
  for (let current = 0; current <= steps.length; current += 1) {
    await showSteps(stage, steps, current);
    await stage.wait(600);
  }
  await stage.say('Every step is done.');
}

async function think(stage: Stage): Promise<void> {
  await stage.think(
    'Somebody wants to see me think. I have no model, so there is little to think with. ' +
      'But I can say it slowly, which looks much the same. ',
  );
  await stage.say('I thought about it, and the answer is 42.');
}

async function slow(stage: Stage): Promise<void> {
  for (let line = 1; line <= 40; line += 1) {
    await stage.say(`${line} of 40: still here.\n`, 100);
    await stage.wait(500);
  }
}

async function noise(stage: Stage, deps: TurnDeps): Promise<void> {
  await stage.say('Some noise comes now… ');
  await deps.writeRaw(
    'npm warn this line is not JSON\n{"half a mes\n[1,2,3]\n"text"\n\u0000\u0007\n\n',
  );
  await stage.say('and that was it. You should see nothing of it here.');
}

async function crash(stage: Stage): Promise<void> {
  await stage.say('I am about to crash. ');
  await new Promise<void>((resolve) => {
    process.stderr.write('example-agent: crashed because it heard the word "crash"\n', () =>
      resolve(),
    );
  });
  // What was said must reach the client first: stdout to a pipe is asynchronous.
  await pause(20);
  process.exit(3);
}

/** Below the SDK and in blocks, so that a benchmark measures the client and not this agent. */
async function chunks(stage: Stage, deps: TurnDeps, wish: Wish): Promise<void> {
  const line = `${JSON.stringify({
    jsonrpc: '2.0',
    method: 'session/update',
    params: {
      sessionId: deps.sessionId,
      update: {
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'text', text: 'All work and no play. ' },
      },
    },
  })}\n`;
  for (let left = wish.count; left > 0 && !stage.signal.aborted; left -= 500) {
    await deps.writeRaw(line.repeat(Math.min(left, 500)));
  }
}
