/**
 * An agent in this process behind the AgentConnector and Runtime ports: the test says what it does.
 * It keeps what a real one keeps: one prompt at a time, ACP session ids, exits.
 */
import type { AgentReport } from '../../src/core/model/agent.ts';
import { AppError } from '../../src/core/model/errors.ts';
import type { PermissionOption } from '../../src/core/model/permission.ts';
import type {
  AgentConnection,
  AgentConnector,
  AgentHandlers,
  PermissionAnswer,
  RawUpdate,
} from '../../src/core/ports/agent.ts';
import type { AgentExit, AgentProcess, Runtime } from '../../src/core/ports/runtime.ts';

const YES_OR_NO: readonly PermissionOption[] = [
  { optionId: 'yes', name: 'Allow once', kind: 'allow_once' },
  { optionId: 'no', name: 'Deny', kind: 'reject_once' },
];

export interface FakeTurn {
  readonly text: string;
  update(update: RawUpdate): void;
  say(text: string): void;
  /** Offers `yes` and `no`, unless `options` says otherwise. */
  ask(
    title: string,
    toolCallId?: string,
    options?: readonly PermissionOption[],
    kind?: string,
  ): Promise<PermissionAnswer>;
  /** Resolves when the client cancels. */
  readonly cancelled: Promise<void>;
  /** The process dies now. */
  crash(): void;
}

export interface FakeAgents {
  readonly runtime: Runtime;
  readonly connector: AgentConnector;
  /** What a turn does; gives the stop reason. */
  behave: (turn: FakeTurn) => Promise<string>;
  canLoad: boolean;
  /** Ids of its modes; it begins in the first. */
  modes: readonly string[];
  /** `id=value` of every option that was set, in order. */
  readonly set: string[];
  /** Set: the next starts fail with this sentence. */
  failStart: string | undefined;
  /** Set: the handshake never ends. */
  hangStart: boolean;
  readonly opened: { readonly previous: string | null; readonly how: string }[];
  readonly prompts: string[];
  readonly reaped: string[];
  running(): number;
  /** Ends the idle agent's process from outside. */
  kill(): void;
}

const EXIT: AgentExit = { code: 1, signal: null, stderrTail: 'boom' };
const REPORT: AgentReport = {
  name: 'fake',
  version: '1',
  canLoad: false,
  canResume: false,
  promptKinds: [],
  modes: [],
  configOptions: [],
};

function reportOf({ canLoad, modes }: Pick<FakeAgents, 'canLoad' | 'modes'>): AgentReport {
  const [currentModeId] = modes;
  const listed = modes.map((id) => ({ id, name: id }));
  return { ...REPORT, canLoad, modes: listed, currentModeId };
}

export function createFakeAgents(): FakeAgents {
  const live = new Set<() => void>();
  let sessions = 0;

  function process(): AgentProcess & { die(): void } {
    const { promise, resolve } = Promise.withResolvers<AgentExit>();
    const die = (): void => {
      live.delete(die);
      resolve(EXIT);
    };
    live.add(die);
    return {
      cwd: '/work/somewhere',
      stdout: (async function* () {})(),
      write: async () => {},
      exited: promise,
      stderrTail: () => 'boom',
      async end() {
        die();
        return EXIT;
      },
      die,
    };
  }

  function connect(agent: AgentProcess, handlers: AgentHandlers, die: () => void): AgentConnection {
    let cancel = (): void => {};
    const gone = agent.exited.then(() => {
      throw new AppError('agent_failed', 'The agent exited with code 1: boom');
    });
    gone.catch(() => undefined);
    return {
      exited: agent.exited,
      async prompt(content) {
        const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
        fake.prompts.push(text);
        const cancelled = new Promise<void>((resolve) => {
          cancel = resolve;
        });
        const stopReason = fake.behave({
          text,
          update: (update) => handlers.update(update, false),
          say: (said) =>
            handlers.update(
              { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: said } },
              false,
            ),
          ask: (title, toolCallId = 't1', options = YES_OR_NO, kind = 'edit') =>
            handlers.permission({
              toolCallId,
              toolCall: { toolCallId, title, kind },
              options,
            }),
          cancelled,
          crash: die,
        });
        return { stopReason: await Promise.race([stopReason, gone]) };
      },
      cancel: () => cancel(),
      async setConfig(id, value) {
        fake.set.push(`${id}=${value}`);
        const report = { ...REPORT, currentModeId: `${id}=${value}` };
        handlers.report(report);
        return report;
      },
      close: () => agent.end(),
    };
  }

  const fake: FakeAgents = {
    behave: async (turn) => {
      turn.say(`you said: ${turn.text}`);
      return 'end_turn';
    },
    canLoad: true,
    modes: [],
    set: [],
    failStart: undefined,
    hangStart: false,
    opened: [],
    prompts: [],
    reaped: [],
    running: () => live.size,
    kill: () => {
      for (const die of live) die();
    },
    runtime: {
      typeName: 'local',
      onlyOne: true,
      survivesReconnect: false,
      async start() {
        if (fake.failStart !== undefined) throw new AppError('agent_failed', fake.failStart);
        return process();
      },
      async reap(sessionId) {
        fake.reaped.push(sessionId);
      },
    },
    connector: {
      async open(agent, options, handlers) {
        if (fake.hangStart) {
          await new Promise<void>((resolve) => {
            options.signal.addEventListener('abort', () => resolve(), { once: true });
          });
          await agent.end();
          throw new AppError('agent_failed', 'The start was given up.');
        }
        const how = options.previous !== null && fake.canLoad ? 'load' : 'new';
        fake.opened.push({ previous: options.previous, how });
        sessions += 1;
        const acpSessionId = how === 'load' ? (options.previous ?? '') : `acp-${sessions}`;
        if (how === 'load') {
          const content = { type: 'text', text: 'history' };
          handlers.update({ sessionUpdate: 'agent_message_chunk', content }, true);
        }
        return {
          connection: connect(agent, handlers, () => void agent.end()),
          opened: { acpSessionId, how, report: reportOf(fake) },
        };
      },
    },
  };
  return fake;
}
