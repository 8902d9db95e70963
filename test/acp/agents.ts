/** Real agent processes under the real connector, with everything that they said written down. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { createAgentConnector } from '../../src/acp/connection.ts';
import { mintId } from '../../src/core/model/ids.ts';
import type {
  AgentConnection,
  AgentHandlers,
  OpenedSession,
  RawUpdate,
} from '../../src/core/ports/agent.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Logger } from '../../src/core/ports/logger.ts';
import type { AgentProcess } from '../../src/core/ports/runtime.ts';
import { createLocalRuntime } from '../../src/runtimes/local/runtime.ts';
import { rmSync } from 'node:fs';

export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const workspacesDir = mkdtempSync(join(tmpdir(), 'threadcast-agents-'));
const runtime = createLocalRuntime({
  workspacesDir,
  basePath: process.env['PATH'] ?? '',
  clock: realClock,
  logger: silentLogger,
});
export const connector = createAgentConnector({ clock: realClock, logger: silentLogger });
const running: AgentProcess[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.end({ graceMs: 500 })));
});
afterAll(() => rmSync(workspacesDir, { recursive: true, force: true }));

export const EXAMPLE_AGENT = join(import.meta.dirname, '../../src/example-agent/main.ts');
export const SCRIPTED_AGENT = join(import.meta.dirname, '../harness/scripted-agent.ts');

/** Starts `node <args>` as the agent of a new session, or of `sessionId` again. */
export async function startNode(
  args: readonly string[],
  sessionId = mintId('s', Date.now()),
  env: Readonly<Record<string, string>> = {},
): Promise<AgentProcess> {
  const started = await runtime.start(
    { sessionId, command: process.execPath, args, cwd: null, env },
    new AbortController().signal,
  );
  running.push(started);
  return started;
}

export interface Witness {
  readonly updates: RawUpdate[];
  readonly replayed: boolean[];
  readonly logs: string[];
  readonly handlers: AgentHandlers;
}

/** Handlers that write down what comes; permissions are answered by `permission`. */
export function createWitness(
  permission: AgentHandlers['permission'] = () => Promise.resolve({ outcome: 'cancelled' }),
): Witness {
  const updates: RawUpdate[] = [];
  const replayed: boolean[] = [];
  const logs: string[] = [];
  return {
    updates,
    replayed,
    logs,
    handlers: {
      update(update, replay) {
        updates.push(update);
        replayed.push(replay);
      },
      permission,
      report: () => undefined,
      log: (level, message) => logs.push(`${level}: ${message}`),
    },
  };
}

const NOTHING_GIVEN = { args: [], env: {} };

export function openAgent(
  process: AgentProcess,
  witness: Witness,
  previous: string | null = null,
  signal = new AbortController().signal,
  launch: {
    readonly args: readonly string[];
    readonly env: Record<string, string>;
  } = NOTHING_GIVEN,
): Promise<{ connection: AgentConnection; opened: OpenedSession }> {
  return connector.open(process, { mcpServers: [], previous, signal, launch }, witness.handlers);
}

/** The text of all agent message chunks. */
export function spoken(updates: readonly RawUpdate[]): string {
  return updates
    .filter((update) => update.sessionUpdate === 'agent_message_chunk')
    .map((update) => (update['content'] as { text: string }).text)
    .join('');
}

export const say = (text: string): [{ type: 'text'; text: string }] => [{ type: 'text', text }];
