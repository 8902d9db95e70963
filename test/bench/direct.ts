/** The plainest ACP client there is: what no control plane can be faster than. */
import { spawn } from 'node:child_process';

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: unknown;
  readonly params?: { readonly update?: { readonly content?: { readonly text?: string } } };
}

export interface DirectAgent {
  /** Spawn to the answer of session/new, in ms. */
  readonly createMs: number;
  /** Prompt to the end of the turn in ms, the chunks counted, and the text of the last one. */
  prompt(text: string): Promise<{ ms: number; chunks: number; last: string }>;
  stop(): Promise<void>;
}

export async function startDirect(agentPath: string): Promise<DirectAgent> {
  const start = performance.now();
  const child = spawn(process.execPath, [agentPath], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = new Map<number, () => void>();
  let nextId = 0;
  let chunks = 0;
  let last = '';
  let rest = '';

  const send = (message: object): void => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  function request(method: string, params: object): Promise<void> {
    nextId += 1;
    const id = nextId;
    send({ id, method, params });
    return new Promise((resolve) => {
      answers.set(id, resolve);
    });
  }
  function take(line: string): void {
    const message = JSON.parse(line) as Message;
    if (message.method === 'session/update') {
      chunks += 1;
      last = message.params?.update?.content?.text ?? '';
    } else if (message.method === 'session/request_permission') {
      send({ id: message.id, result: { outcome: { outcome: 'selected', optionId: 'allow' } } });
    } else if (typeof message.id === 'number') answers.get(message.id)?.();
  }
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });

  await request('initialize', { protocolVersion: 1, clientCapabilities: {} });
  await request('session/new', { cwd: '/', mcpServers: [] });
  return {
    createMs: performance.now() - start,
    async prompt(text) {
      chunks = 0;
      const before = performance.now();
      await request('session/prompt', { sessionId: 'bench', prompt: [{ type: 'text', text }] });
      return { ms: performance.now() - before, chunks, last };
    },
    async stop() {
      const gone = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      child.kill('SIGKILL');
      await gone;
    },
  };
}
