/** Short ways to write the events of a session. */
import type { NewEvent } from '../../src/core/model/events.ts';
import { YOU } from './stage.ts';

export function queued(promptId: string, text: string, actor = YOU): NewEvent {
  return { type: 'prompt.queued', data: { promptId, text, actor } };
}

export function started(promptId: string): NewEvent {
  return { type: 'prompt.started', data: { promptId } };
}

export function ended(promptId: string, stopReason = 'end_turn', error?: string): NewEvent {
  return { type: 'turn.ended', data: { promptId, stopReason, error } };
}

export function update(
  promptId: string,
  sessionUpdate: string,
  fields: Readonly<Record<string, unknown>>,
): NewEvent {
  return { type: 'update', data: { promptId, update: { sessionUpdate, ...fields } } };
}

export function says(promptId: string, text: string): NewEvent {
  return update(promptId, 'agent_message_chunk', { content: { type: 'text', text } });
}

interface PlayedCall {
  readonly toolCallId: string;
  readonly title?: string;
  readonly kind?: string;
}

export function asks(
  promptId: string,
  requestId: string,
  toolCall: Readonly<Record<string, unknown>> & PlayedCall,
  expiresAt: number,
  code = 'k7',
): NewEvent {
  const options = [
    { optionId: 'yes', name: 'Allow once', kind: 'allow_once' },
    { optionId: 'always', name: 'Allow always', kind: 'allow_always' },
    { optionId: 'no', name: 'Reject', kind: 'reject_once' },
  ];
  return {
    type: 'permission.requested',
    data: {
      requestId,
      promptId,
      code,
      toolCallId: toolCall.toolCallId,
      options,
      expiresAt,
      title: toolCall.title ?? '',
      kind: toolCall.kind ?? 'other',
      toolCall: { ...toolCall },
    },
  };
}
