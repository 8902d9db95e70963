/** What a thread is told of its session when no turn shows it. The words are part of the product. */
import type { SessionEvent } from '../model/events.ts';
import type { Transcript } from '../model/transcript.ts';
import { errorText, plainName } from '../transcript/plain.ts';
import type { Subject } from './tracker.ts';

type SessionNews = Extract<SessionEvent, { type: 'session.error' | 'session.terminated' }>;
type Notice = Extract<Subject, { kind: 'notice' }>;

/** Undefined when a turn tells it already. */
export function noticeOf(event: SessionNews, transcript: Transcript): Notice | undefined {
  const id = `${event.type}:${event.sessionId}:${event.seq}`;
  if (event.type === 'session.error') {
    if (isTold(transcript, event.data.message)) return undefined;
    const markdown = `${errorText(sentence(event.data.message))}\n\nA new message here tries again.`;
    return { kind: 'notice', id, tone: 'error', markdown };
  }
  const markdown = `${endOf(event)} A new message here opens it again.`;
  return { kind: 'notice', id, tone: 'info', markdown };
}

function endOf(event: Extract<SessionNews, { type: 'session.terminated' }>): string {
  const { reason, by } = event.data;
  switch (reason) {
    case 'terminated':
      return by === undefined || by.kind === 'system'
        ? 'The session is closed.'
        : `${plainName(by.name)} closed the session.`;
    case 'idle_timeout':
      return 'The session was closed because nobody used it for a while.';
    case 'agent_exit':
      return 'The agent exited, and its session is closed.';
    case 'error':
      return 'The session ended with an error.';
  }
}

function isTold(transcript: Transcript, message: string): boolean {
  return [...transcript.turns.values()].some((turn) => turn.reason?.includes(message) === true);
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?`]$/.test(trimmed) || trimmed.includes('\n') ? trimmed : `${trimmed}.`;
}
