/** Words of the product that every surface says alike. Plain text: escape what comes from outside. */
import type { ClosedReason } from '../model/permission.ts';
import type { Usage } from '../model/session.ts';
import type { Transcript, TurnView } from '../model/transcript.ts';

const WANTS: Readonly<Record<string, string>> = {
  read: 'wants to read',
  edit: 'wants to change a file',
  delete: 'wants to delete',
  move: 'wants to move files',
  search: 'wants to search',
  execute: 'wants to run a command',
  fetch: 'wants to fetch from the network',
  switch_mode: 'wants to change its mode',
};

/** What an agent asks leave for, by ACP ToolKind; goes on after the agent's name. */
export const wantsTo = (kind: string): string => WANTS[kind] ?? 'asks for permission';

const ANSWERS: Readonly<Record<string, string>> = {
  allow_once: 'Allowed',
  allow_always: 'Always allowed',
  reject_once: 'Denied',
  reject_always: 'Always denied',
};

/** An answer of this kind (ACP PermissionOptionKind) in one word. */
export const answerWord = (kind: string | undefined): string => ANSWERS[kind ?? ''] ?? 'Answered';

const CLOSED: Readonly<Record<ClosedReason, string>> = {
  stopped: 'the turn was stopped',
  turn_ended: 'the turn ended first',
  agent_gone: "the agent's process ended, and with it the question",
  restarted: 'the server was restarted, and the agent that asked is gone',
  withdrawn: 'it was withdrawn',
};

/** Why nobody answered, to go on a sentence with. */
export const closedBecause = (reason: ClosedReason = 'turn_ended'): string => CLOSED[reason];

const EARLY_ENDS: Readonly<Record<string, string>> = {
  max_tokens: 'The answer ends here because the model reached its token limit.',
  max_turn_requests: 'The agent stopped because it reached its limit of model requests.',
  refusal: 'The agent refused to go on.',
};

/** What a reader must know of a turn that is done all the same; undefined: nothing. */
export function earlyEnd({ state, stopReason, parts }: TurnView): string | undefined {
  if (state !== 'done') return undefined;
  const isSilent = parts.every((part) => part.type !== 'message' || part.text.trim() === '');
  return (
    EARLY_ENDS[stopReason ?? ''] ?? (isSilent ? 'The agent ended without an answer.' : undefined)
  );
}

/** Whether to offer that the turn is run again: it ended, but not as it should have. */
export const canRetry = ({ state }: Pick<TurnView, 'state'>): boolean =>
  state === 'failed' || state === 'interrupted' || state === 'stopped';

const number = new Intl.NumberFormat('en-US');

/** `12,400`. */
export const count = (value: number): string => number.format(value);

/** `12,400 of 200,000 tokens of context · 0.0312 USD`; empty when the agent reported none. */
export function usageText(usage: Usage | null): string {
  if (usage === null) return '';
  const size = usage.size === undefined ? '' : ` of ${count(usage.size)}`;
  const tokens = usage.used === undefined ? [] : [`${count(usage.used)}${size} tokens of context`];
  const cost = usage.cost && usage.cost.amount > 0 ? usage.cost : undefined;
  const price = cost ? [`${Number(cost.amount.toFixed(4))} ${cost.currency}`] : [];
  return [...tokens, ...price].join(' · ');
}

/** Where a prompt waits: `number 2 in line, paused`; undefined: it does not wait. */
export const placeInLine = (
  { position }: Pick<TurnView, 'position'>,
  { queuePaused }: Pick<Transcript, 'queuePaused'>,
): string | undefined =>
  position === null ? undefined : `number ${position} in line${queuePaused ? ', paused' : ''}`;
