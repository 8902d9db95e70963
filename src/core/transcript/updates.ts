/**
 * What one ACP session update changes in its turn, and in the session. Update kinds are open: a
 * kind that is not named here changes nothing that people see, and breaks nothing.
 */
import type { Usage } from '../model/session.ts';
import type { PlanEntry, Transcript } from '../model/transcript.ts';
import { number, record, records, text, type RawRecord } from './raw.ts';
import { blockLabel, mergeToolCall } from './tool-call.ts';
import { appendNotice, appendText, setToolCall, type TurnDraft } from './turn-draft.ts';

/** Fields of the transcript that belong to the session, not to a turn. */
export type SessionFacts = Partial<
  Pick<Transcript, 'title' | 'agentCommands' | 'currentModeId' | 'usage'>
>;

/** Undefined: the update says nothing about the session. */
export function sessionFacts(update: RawRecord): SessionFacts | undefined {
  switch (update['sessionUpdate']) {
    case 'session_info_update': {
      const title = text(update['title']);
      return title === undefined ? undefined : { title };
    }
    case 'available_commands_update':
      return { agentCommands: commandsOf(update) };
    case 'current_mode_update': {
      const currentModeId = text(update['currentModeId']);
      return currentModeId === undefined ? undefined : { currentModeId };
    }
    case 'config_option_update': {
      const mode = records(update['configOptions']).find((option) => option['category'] === 'mode');
      const currentModeId = text(mode?.['currentValue']);
      return currentModeId === undefined ? undefined : { currentModeId };
    }
    case 'usage_update':
      return { usage: usageOf(update) };
    default:
      return undefined;
  }
}

function commandsOf(update: RawRecord): Transcript['agentCommands'] {
  return records(update['availableCommands']).flatMap((command) => {
    const name = text(command['name']);
    return name === undefined ? [] : [{ name, description: text(command['description']) ?? '' }];
  });
}

export function usageOf(raw: RawRecord): Usage {
  const cost = record(raw['cost']);
  const amount = number(cost?.['amount']);
  return {
    used: number(raw['used']),
    size: number(raw['size']),
    cost: amount === undefined ? undefined : { amount, currency: text(cost?.['currency']) ?? '' },
  };
}

/** True: the turn changed, and the agent is at work on it. Paths within `cwd` are shown from there. */
export function applyToTurn(turn: TurnDraft, update: RawRecord, cwd: string | null): boolean {
  switch (update['sessionUpdate']) {
    case 'agent_message_chunk':
      applyChunk(turn, 'message', update);
      return true;
    case 'agent_thought_chunk':
      applyChunk(turn, 'thought', update);
      return true;
    case 'tool_call':
    case 'tool_call_update':
      return applyToolCall(turn, update, cwd);
    case 'plan':
      turn.plan = planOf(update);
      return true;
    case 'notice':
      return applyNotice(turn, update);
    case 'usage_update':
      turn.usage = usageOf(update);
      return true;
    default:
      return false;
  }
}

function applyChunk(turn: TurnDraft, type: 'message' | 'thought', update: RawRecord): void {
  const block = record(update['content']) ?? {};
  const said = text(block['text']);
  const uri = text(block['uri']);
  const messageId = text(update['messageId']) ?? null;
  if (block['type'] === 'text' && said !== undefined) appendText(turn, type, messageId, said);
  else if (block['type'] === 'resource_link' && uri !== undefined) {
    appendText(turn, type, messageId, `[${text(block['name']) ?? uri}](${uri})`);
  } else if (type === 'message') appendNotice(turn, `The agent sent ${blockLabel(block)}.`);
}

function applyToolCall(turn: TurnDraft, update: RawRecord, cwd: string | null): boolean {
  const id = text(update['toolCallId']);
  if (id === undefined) return false;
  setToolCall(turn, mergeToolCall(turn.toolCalls.get(id), id, update, cwd));
  return true;
}

function applyNotice(turn: TurnDraft, update: RawRecord): boolean {
  const lines = [text(update['title']), text(update['description'])].flatMap((line) => line || []);
  if (lines.length > 0) appendNotice(turn, lines.join('\n'));
  return lines.length > 0;
}

function planOf(update: RawRecord): readonly PlanEntry[] {
  return records(update['entries']).flatMap((entry) => {
    const content = text(entry['content']);
    if (content === undefined) return [];
    const status = text(entry['status']) ?? 'pending';
    return [{ content, status, priority: text(entry['priority']) }];
  });
}
