/**
 * An ACP agent that misbehaves on demand, without the SDK so that it can be as wrong as it likes:
 * `node test/acp/faulty-agent.ts [start fault]`. In a turn the prompt's text names the fault. What
 * the client answered to its own requests it repeats as an update `echo`.
 */
import { createInterface } from 'node:readline';

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: {
    readonly sessionId?: string;
    readonly methodId?: string;
    readonly prompt?: readonly { readonly text: string }[];
  };
}

const startFault = process.argv[2];
let nextId = 100;
let keyTaken = false;
const waiting = new Map<unknown, (message: Message) => void>();

const print = (text: string | Uint8Array): boolean => process.stdout.write(text);
const send = (message: object): boolean =>
  print(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const update = (fields: object): boolean =>
  send({ method: 'session/update', params: { sessionId: 's', update: fields } });
const say = (text: string): boolean =>
  update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });

function ask(method: string, params: object): Promise<Message> {
  nextId += 1;
  send({ id: nextId, method, params });
  return new Promise((resolve) => waiting.set(nextId, resolve));
}

const MODES = { currentModeId: 'm1', availableModes: [{ id: 'm1', name: 'One' }, { id: 'm2' }, 7] };
const MODELS = {
  currentModelId: 'a',
  availableModels: [{ modelId: 'a' }, { modelId: 'b', name: 'B' }],
};

function start(message: Message): void {
  const { id, method } = message;
  switch (`${method} ${startFault}`) {
    case 'initialize exit':
      process.stderr.write('Error: cannot find my own feet\n    at walk (feet.js:1:1)\n');
      process.exit(1);
    // falls through: the compiler does not know that exit never returns
    case 'initialize hang':
      return;
    case 'initialize refuse':
      send({
        id,
        error: { code: -32603, message: 'Internal error', data: { details: 'no disk' } },
      });
      return;
    case 'session/new login':
      send({ id, error: { code: -32000, message: 'Authentication required' } });
      return;
    case 'authenticate login-key':
      keyTaken = message.params?.methodId === 'key';
      send({ id, result: {} });
      return;
    case 'session/new login-key':
      if (keyTaken) break;
      send({ id, error: { code: -32000, message: 'Authentication required' } });
      return;
    case 'session/new no-id':
      send({ id, result: {} });
      return;
    case 'session/load no-load':
      update({ sessionUpdate: 'user_message_chunk', content: { type: 'text', text: 'half' } });
      send({ id, error: { code: -32002, message: 'Resource not found' } });
      return;
    case 'session/resume no-load':
      send({ id, result: null });
      return;
  }
  if (method === 'initialize') {
    if (startFault === 'noise') print('Loading… done\n\n   \n[1]\n42\nnull\n{"jsonrpc":"2.0"}\n');
    send({
      id,
      // Some agents send both.
      error: null,
      result: {
        protocolVersion: 1,
        agentInfo: { name: 'faulty', title: 'Faulty agent', version: '0' },
        agentCapabilities: { loadSession: true, sessionCapabilities: { resume: {} } },
        authMethods: [
          { id: 'key', name: 'API key' },
          {
            id: 'tui',
            name: 'Log in',
            description: 'Opens a browser',
            _meta: { 'terminal-auth': { command: 'faulty', args: ['login'] } },
          },
        ],
      },
    });
  } else send({ id, result: { sessionId: 's', modes: MODES, models: MODELS } });
}

/** Gives the stop reason, or nothing when the turn is not to be answered. */
async function turn(text: string): Promise<string | undefined> {
  const [word = '', argument = ''] = text.split(' ');
  switch (word) {
    case 'odd-permission': {
      const answer = await ask('session/request_permission', {
        sessionId: 's',
        toolCall: { toolCallId: 't', kind: 'levitate', extra: [1] },
        options: [
          { optionId: 'Yes!', name: 'Yes', kind: 'allow_on_tuesdays', more: 1 },
          { optionId: 'no' },
          { name: 'nameless' },
          'rubbish',
        ],
      });
      update({ sessionUpdate: 'echo', answer });
      return 'end_turn';
    }
    case 'shapeless-permission': {
      const answer = await ask('session/request_permission', {});
      update({ sessionUpdate: 'echo', answer });
      return 'end_turn';
    }
    case 'ask':
      update({
        sessionUpdate: 'echo',
        answer: await ask(
          argument,
          JSON.parse(text.slice(word.length + argument.length + 2)) as object,
        ),
      });
      return 'end_turn';
    case 'long-line':
      say('before');
      say('x'.repeat(Number(argument) * 1024 * 1024));
      say('after');
      return 'end_turn';
    case 'split': {
      const line = Buffer.from(
        `${JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params: { update: { sessionUpdate: 'x', text: 'ü€👩‍🚀' } } })}\n`,
      );
      for (const byte of line) {
        print(Uint8Array.of(byte));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return 'end_turn';
    }
    case 'odd-updates':
      update({ sessionUpdate: 'from_the_future', deep: { odd: [null, 'ü'] } });
      update({ sessionUpdate: 'tool_call', toolCallId: 1, status: 'exploded', kind: 7 });
      send({ method: 'session/update', params: { sessionId: 's' } });
      send({ method: 'session/update', params: { update: { noKind: true } } });
      send({ method: '_my/notification', params: { a: 1 } });
      send({ id: 'never-asked', result: {} });
      update({ sessionUpdate: 'current_mode_update', currentModeId: 'm2' });
      return 'because_i_can';
    case 'no-reason':
      return '';
    case 'kill':
      process.stderr.write('out of memory\n');
      process.kill(process.pid, 'SIGKILL');
      return undefined;
    case 'close-stdout':
      process.stderr.write('I closed stdout\n');
      process.stdout.end();
      setInterval(() => undefined, 1_000);
      return undefined;
    default:
      return 'end_turn';
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line) as Message;
  if (message.method === undefined) waiting.get(message.id)?.(message);
  else if (message.method === 'session/prompt') {
    void turn(message.params?.prompt?.[0]?.text ?? '').then((stopReason) => {
      if (stopReason === undefined) return;
      send({
        id: message.id,
        result: stopReason === '' ? {} : { stopReason, usage: { total: 3 } },
      });
    });
  } else if (message.id !== undefined) {
    if (message.method.startsWith('session/set_')) {
      update({ sessionUpdate: 'echo', answer: message });
      send({ id: message.id, result: {} });
    } else start(message);
  }
});
