/**
 * Recorded wires -> the session events that our log would hold, and an outline of what a person
 * sees of them. Prompts are `p_1`, `p_2` …, requests `r_1` …, codes `k1` …; `at` is the recording's
 * own time.
 */
import { join } from 'node:path';
import type { Actor } from '../../src/core/model/actor.ts';
import {
  sessionEventSchemas,
  type NewEvent,
  type SessionEvent,
} from '../../src/core/model/events.ts';
import type {
  PermissionView,
  ToolCall,
  ToolContent,
  Transcript,
  TurnView,
} from '../../src/core/model/transcript.ts';
import { RECORDINGS_DIR, recordedProcesses, type RecordedLine } from './recordings.ts';

export const PERSON: Actor = { surface: 'web', id: '1', name: 'ada', kind: 'person' };

/** Numbers events from 1, one millisecond apart, and checks them against the schemas. */
export function eventLog(): {
  readonly events: SessionEvent[];
  add(event: NewEvent): SessionEvent;
} {
  const events: SessionEvent[] = [];
  return {
    events,
    add(event) {
      sessionEventSchemas[event.type].parse(event.data);
      const seq = events.length + 1;
      const logged: SessionEvent = { ...event, sessionId: 's_1', seq, at: seq };
      events.push(logged);
      return logged;
    },
  };
}

/** The events of a recording of `test/fixtures/acp-transcripts`, by its file name. */
export function recordedEvents(name: string): readonly SessionEvent[] {
  const log = eventLog();
  const agentName = name.split('.')[0] ?? name;
  log.add({ type: 'session.created', data: { agentName, agentTemplateId: agentName } });
  const counts = { prompt: 0, request: 0 };
  for (const lines of recordedProcesses(join(RECORDINGS_DIR, name))) {
    const wire = wireReader(log, counts);
    for (const line of lines) wire(line);
  }
  return log.events;
}

type Fields = Readonly<Record<string, unknown>>;

function wireReader(
  log: ReturnType<typeof eventLog>,
  counts: { prompt: number; request: number },
): (line: RecordedLine) => void {
  let running: { readonly id: unknown; readonly promptId: string } | null = null;
  // Gemini goes on replaying after it has answered session/load: until the next prompt it is history.
  let replay = false;
  const asked = new Map<unknown, { requestId: string; options: readonly Fields[] }>();

  const client = (msg: RecordedLine['msg']): void => {
    if (msg.method === 'session/load') replay = true;
    else if (msg.method === 'session/prompt') {
      replay = false;
      counts.prompt += 1;
      const promptId = `p_${counts.prompt}`;
      running = { id: msg.id, promptId };
      const blocks = msg.params?.['prompt'] as readonly { readonly text?: string }[];
      const text = blocks.map((block) => block.text ?? '').join('\n');
      log.add({ type: 'prompt.queued', data: { promptId, text, actor: PERSON } });
      log.add({ type: 'prompt.started', data: { promptId } });
    } else if (msg.method === undefined) answered(msg);
  };
  const answered = (msg: RecordedLine['msg']): void => {
    const request = asked.get(msg.id);
    if (request === undefined || msg.result === undefined) return;
    asked.delete(msg.id);
    const outcome = msg.result['outcome'] as {
      outcome: 'selected' | 'cancelled';
      optionId?: string;
    };
    log.add({
      type: 'permission.resolved',
      data: {
        requestId: request.requestId,
        outcome: outcome.outcome,
        optionId: outcome.optionId,
        by: PERSON,
      },
    });
  };
  const agent = (msg: RecordedLine['msg']): void => {
    if (msg.method === 'session/update') {
      const update = msg.params?.['update'] as { sessionUpdate: string };
      const data = { promptId: running?.promptId, replay: replay ? true : undefined, update };
      log.add({ type: 'update', data });
    } else if (msg.method === 'session/request_permission') request(msg);
    else if (msg.method === undefined && running !== null && msg.id === running.id) ended(msg);
  };
  const request = (msg: RecordedLine['msg']): void => {
    counts.request += 1;
    const toolCall = msg.params?.['toolCall'] as Fields;
    const options = msg.params?.['options'] as readonly {
      optionId: string;
      name: string;
      kind: string;
    }[];
    const requestId = `r_${counts.request}`;
    asked.set(msg.id, { requestId, options });
    log.add({
      type: 'permission.requested',
      data: {
        requestId,
        promptId: running?.promptId ?? null,
        code: `k${counts.request}`,
        toolCallId: String(toolCall['toolCallId']),
        title: typeof toolCall['title'] === 'string' ? toolCall['title'] : '',
        kind: typeof toolCall['kind'] === 'string' ? toolCall['kind'] : null,
        toolCall: { ...toolCall },
        options: options.map(({ optionId, name, kind }) => ({ optionId, name, kind })),
        expiresAt: 30 * 60_000,
      },
    });
  };
  const ended = (msg: RecordedLine['msg']): void => {
    const promptId = running?.promptId ?? '';
    running = null;
    const data =
      msg.result === undefined
        ? { promptId, stopReason: 'failed', error: JSON.stringify(msg.error) }
        : { promptId, stopReason: String(msg.result['stopReason']) };
    log.add({ type: 'turn.ended', data });
  };
  return ({ dir, msg }) => (dir === 'c2a' ? client(msg) : agent(msg));
}

/** What a person would see, as plain text: one block per turn. */
export function outline(transcript: Transcript): string {
  const turns = [...transcript.turns.values()].map((turn) => turnOutline(turn, transcript));
  const title = transcript.title === null ? '' : ` "${transcript.title}"`;
  return [`${transcript.agentName}${title}`, ...turns].join('\n');
}

function turnOutline(turn: TurnView, transcript: Transcript): string {
  const stop = turn.stopReason === null ? '' : ` (${turn.stopReason})`;
  const lines = [`> ${firstLine(turn.text)}`, `[${turn.state}]${stop}`];
  for (const entry of turn.plan) lines.push(`plan ${entry.status}: ${entry.content}`);
  for (const part of turn.parts) {
    if (part.type === 'tool_call') {
      const call = turn.toolCalls.get(part.toolCallId);
      if (call !== undefined) lines.push(...callOutline(call, transcript.permissions));
    } else lines.push(`${part.type}: ${firstLine(part.text)}`);
  }
  return lines.join('\n');
}

function callOutline(
  call: ToolCall,
  permissions: ReadonlyMap<string, PermissionView>,
): readonly string[] {
  const command = call.command === undefined ? '' : ` $ ${call.command}`;
  const asked = [...permissions.values()].filter((p) => p.toolCall.toolCallId === call.toolCallId);
  return [
    `${call.kind} "${firstLine(call.title)}" ${call.status}${command}`,
    ...asked.map(
      ({ code, outcome }) =>
        `  asked ${code}: ${outcome === null ? 'pending' : (outcome.option?.name ?? outcome.kind)}`,
    ),
    ...call.content.map((item) => `  ${contentOutline(item)}`),
  ];
}

function contentOutline(item: ToolContent): string {
  switch (item.type) {
    case 'diff':
      return `diff ${item.path}: ${JSON.stringify(item.oldText)} -> ${JSON.stringify(item.newText)}`;
    case 'text':
      return `text ${JSON.stringify(item.text)}`;
    case 'terminal':
      return `terminal ${JSON.stringify(item.output)}`;
    case 'other':
      return item.label;
  }
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
}
