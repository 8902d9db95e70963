/** The sessions of the example agent: their state, and what each ACP method does to them. */
import { randomUUID } from 'node:crypto';
import { RequestError } from '@agentclientprotocol/sdk';
import type {
  AgentContext,
  ContentBlock,
  PromptResponse,
  SessionConfigOption,
  SessionModeState,
  SessionUpdate,
} from '@agentclientprotocol/sdk';
import type { History } from './history.ts';
import { createStage, TurnCancelled } from './stage.ts';
import { takeTurn } from './turns.ts';
import type { TurnDeps } from './turns.ts';
import { WORDS, wishOf } from './words.ts';

interface Session {
  readonly cwd: string;
  mode: string;
  model: string;
  titled: boolean;
  /** Tokens in use, guessed from characters. */
  used: number;
  turn: AbortController | null;
}

export interface SessionState {
  readonly modes: SessionModeState;
  readonly configOptions: SessionConfigOption[];
}

export interface ExampleSessions {
  create(cwd: string): Promise<{ readonly sessionId: string } & SessionState>;
  /** Takes a session of an earlier process up again; RequestError when there is none. */
  open(
    sessionId: string,
    cwd: string,
  ): Promise<SessionState & { history: readonly SessionUpdate[] }>;
  prompt(
    client: AgentContext,
    sessionId: string,
    content: readonly ContentBlock[],
  ): Promise<PromptResponse>;
  cancel(sessionId: string): void;
  setMode(sessionId: string, modeId: string): void;
  setOption(sessionId: string, configId: string, value: unknown): SessionConfigOption[];
}

export interface ExampleSessionsDeps {
  readonly history: History;
  readonly writeRaw: TurnDeps['writeRaw'];
  readonly delayMs: number;
}

const CONTEXT_SIZE = 200_000;
const MODELS = [
  { value: 'steady', name: 'Steady', description: 'Streams so that you can follow' },
  { value: 'quick', name: 'Quick', description: 'Streams without a pause' },
];
const MODES = [
  { id: 'ask', name: 'Ask', description: 'Asks before it writes' },
  { id: 'auto', name: 'Auto', description: 'Writes without asking' },
];

export function createExampleSessions(deps: ExampleSessionsDeps): ExampleSessions {
  const sessions = new Map<string, Session>();
  const known = (sessionId: string): Session => {
    const session = sessions.get(sessionId);
    if (session === undefined) throw RequestError.resourceNotFound(sessionId);
    return session;
  };
  const add = (sessionId: string, cwd: string, titled: boolean): Session => {
    const session = { cwd, mode: 'ask', model: 'steady', titled, used: 0, turn: null };
    sessions.set(sessionId, session);
    return session;
  };

  return {
    async create(cwd) {
      const sessionId = randomUUID();
      await deps.history.create(sessionId);
      return { sessionId, ...stateOf(add(sessionId, cwd, false)) };
    },
    async open(sessionId, cwd) {
      const history = await deps.history.read(sessionId);
      if (history === undefined) throw RequestError.resourceNotFound(sessionId);
      return { ...stateOf(add(sessionId, cwd, history.length > 0)), history };
    },
    async prompt(client, sessionId, content) {
      const session = known(sessionId);
      if (session.turn !== null) throw RequestError.invalidRequest({}, 'a turn is running');
      session.turn = new AbortController();
      try {
        return await runTurn(
          deps,
          { client, sessionId, session, signal: session.turn.signal },
          content,
        );
      } finally {
        session.turn = null;
      }
    },
    cancel: (sessionId) => sessions.get(sessionId)?.turn?.abort(),
    setMode(sessionId, modeId) {
      if (!MODES.some((mode) => mode.id === modeId)) throw RequestError.invalidParams({ modeId });
      known(sessionId).mode = modeId;
    },
    setOption(sessionId, configId, value) {
      const session = known(sessionId);
      const model = MODELS.find((candidate) => candidate.value === value);
      if (configId !== 'model' || model === undefined) {
        throw RequestError.invalidParams({ configId, value });
      }
      session.model = model.value;
      return stateOf(session).configOptions;
    },
  };
}

/** Slash commands: the words again, for clients that list them. */
export function commandsUpdate(): SessionUpdate {
  return {
    sessionUpdate: 'available_commands_update',
    availableCommands: Object.entries(WORDS).map(([name, description]) => ({ name, description })),
  };
}

function stateOf(session: Session): SessionState {
  return {
    modes: { currentModeId: session.mode, availableModes: MODES },
    configOptions: [
      {
        id: 'model',
        name: 'Model',
        category: 'model',
        type: 'select',
        currentValue: session.model,
        options: MODELS,
      },
    ],
  };
}

interface TurnScope {
  readonly client: AgentContext;
  readonly sessionId: string;
  readonly session: Session;
  readonly signal: AbortSignal;
}

async function runTurn(
  deps: ExampleSessionsDeps,
  scope: TurnScope,
  content: readonly ContentBlock[],
): Promise<PromptResponse> {
  const { client, session, sessionId, signal } = scope;
  const text = content.findLast((block) => block.type === 'text')?.text ?? '';
  await deps.history.append(sessionId, [
    { sessionUpdate: 'user_message_chunk', content: { type: 'text', text } },
  ]);
  const stage = createStage({
    client,
    sessionId,
    cwd: session.cwd,
    signal,
    auto: session.mode === 'auto',
    delayMs: session.model === 'quick' ? 0 : deps.delayMs,
    becomeAuto: () => {
      session.mode = 'auto';
    },
  });
  try {
    if (!session.titled) {
      session.titled = true;
      const title = text.trim().split('\n')[0]?.slice(0, 60) || 'New session';
      await stage.show({ sessionUpdate: 'session_info_update', title });
    }
    await takeTurn(stage, { writeRaw: deps.writeRaw, sessionId }, wishOf(text), text);
    session.used += Math.ceil((text.length + JSON.stringify(stage.sent).length) / 4);
    await stage.show({ sessionUpdate: 'usage_update', used: session.used, size: CONTEXT_SIZE });
    return { stopReason: signal.aborted ? 'cancelled' : 'end_turn' };
  } catch (error) {
    if (error instanceof TurnCancelled) return { stopReason: 'cancelled' };
    throw error;
  } finally {
    await deps.history.append(sessionId, stage.sent.filter(isHistory));
  }
}

/** Facts about now (usage, mode) are no history. */
function isHistory(update: SessionUpdate): boolean {
  return !['usage_update', 'current_mode_update', 'session_info_update'].includes(
    update.sessionUpdate,
  );
}
