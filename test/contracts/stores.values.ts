/** Values for the store contracts. Every test makes its own ids, so tests share one database. */
import type { Actor } from '../../src/core/model/actor.ts';
import { type HolderId, mintId, type PromptId, type SessionId } from '../../src/core/model/ids.ts';
import type { PermissionRequest } from '../../src/core/model/permission.ts';
import type { Session } from '../../src/core/model/session.ts';
import type {
  CommitResult,
  EventToAppend,
  PromptInsert,
  SessionStore,
} from '../../src/core/ports/session-store.ts';

export const ANN: Actor = { surface: 'web', id: 'ann', name: 'Ann', kind: 'person' };

/** What text may hold and databases like to lose: NUL, an escape, emoji, half a character. */
export const NASTY_TEXT = 'a\u0000b \u0001 \u00010 👩‍💻 é \ud800 \'"\\ % _ \r\n end\u0000';

let tick = Date.now();
/** Later with every call, so that "newest first" is never a matter of luck. */
export function nextTime(): number {
  tick += 1;
  return tick;
}

export function newHolder(): HolderId {
  return mintId('h', nextTime());
}

export function makeSession(values: Partial<Session> = {}): Session {
  const at = nextTime();
  return {
    id: mintId('s', at),
    agentName: 'Example',
    agentTemplateId: null,
    templateVersion: null,
    spawn: { command: 'agent', args: ['--acp'] },
    runtime: { provider: 'local' },
    env: {},
    passEnv: [],
    cwd: null,
    mcpServers: [],
    metadata: {},
    createdBy: ANN,
    state: 'new',
    stateReason: null,
    acpSessionId: null,
    report: null,
    usage: null,
    queuePaused: false,
    tainted: false,
    lastSeq: 0,
    createdAt: at,
    updatedAt: at,
    ...values,
  };
}

export function makePrompt(sessionId: SessionId, values: Partial<PromptInsert> = {}): PromptInsert {
  const at = nextTime();
  return {
    id: mintId('p', at),
    sessionId,
    state: 'queued',
    content: [{ type: 'text', text: 'do it' }],
    text: 'do it',
    actor: ANN,
    cancelRequested: false,
    readOnly: false,
    stopReason: null,
    error: null,
    queuedAt: at,
    startedAt: null,
    endedAt: null,
    ...values,
  };
}

export function makePermission(
  sessionId: SessionId,
  values: Partial<PermissionRequest> = {},
): PermissionRequest {
  const at = nextTime();
  return {
    id: mintId('r', at),
    sessionId,
    promptId: null,
    code: 'k7',
    toolCallId: 'call_1',
    toolCall: { rawInput: { command: 'ls' } },
    title: 'ls',
    kind: 'execute',
    options: [{ optionId: 'yes', name: 'Allow', kind: 'allow_once' }],
    state: 'pending',
    optionId: null,
    answeredBy: null,
    requestedAt: at,
    expiresAt: at + 1000,
    resolvedAt: null,
    ...values,
  };
}

/** An event whose json tells which one it is. */
export function event(text: string): EventToAppend {
  return { type: 'log', json: JSON.stringify({ level: 'info', message: text }) };
}

export function messageOf(stored: { readonly json: string }): string {
  const data: unknown = JSON.parse(stored.json);
  return typeof data === 'object' && data !== null && 'message' in data ? String(data.message) : '';
}

export async function createSession(
  store: SessionStore,
  values: Partial<Session> = {},
): Promise<Session> {
  const session = makeSession(values);
  const result = await store.commit({
    sessionId: session.id,
    create: session,
    events: [],
    at: session.createdAt,
  });
  accepted(result);
  return session;
}

export async function queuePrompt(
  store: SessionStore,
  sessionId: SessionId,
  values: Partial<PromptInsert> = {},
): Promise<PromptId> {
  const prompt = makePrompt(sessionId, values);
  accepted(
    await store.commit({ sessionId, insertPrompt: prompt, events: [], at: prompt.queuedAt }),
  );
  return prompt.id;
}

/** The result when it was accepted; fails the test otherwise. */
export function accepted(result: CommitResult): Extract<CommitResult, { ok: true }> {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result;
}
