/** What a thread is told in answer to a message. Short, friendly, exact; Markdown. */
import type { AgentTemplate } from '../model/agent.ts';
import type { Caller } from '../model/actor.ts';
import type { PermissionRequest } from '../model/permission.ts';
import type { Prompt, Session, Usage } from '../model/session.ts';
import { errorText, plainName, quote } from '../transcript/plain.ts';
import { outcomeText, type Outcome } from '../transcript/spoken.ts';

export const NO_SESSION =
  'There is no session in this thread yet. Mention me with what you want done to start one.';
export const WINDING_UP = 'The session is being closed. Please try again in a moment.';
export const NOTHING_RUNS = 'Nothing is running here, so there is nothing to stop.';
export const EDIT_TAKEN = 'You edited your message before its turn began, so the new text is used.';
export const NOTHING_WAITS = 'The queue is empty.';
export const MUTED =
  'I show no turns here until `unmute`; permission requests and answers to commands still appear. What you ask for is done all the same.';
export const UNMUTED = 'I show turns here again, from the next one on.';
export const STILL_MUTED =
  'I am on it. This thread is muted, so the turn is not shown here; `unmute` shows the next ones.';
export const NOTHING_TO_RELEASE = 'Nothing waits for an `ok-to-run` here.';

export const loopRefused = (name: string, limit: number): string =>
  `${plainName(name)} is a bot, and bots have caused ${limit} turns here within the last hour. To stop loops, I do nothing more for bots in this thread until an hour has passed; a person can still ask me.`;

export const GAVE_UP =
  'I could not do this: something that I need was not available for several minutes. Please send it again.';

export const oops = (errorId: string): string =>
  `Something went wrong on my side, and your message was not carried out. Please try again; if it happens again, tell whoever runs this server the error id \`${errorId}\`.`;

export const notYet = (option: string): string =>
  `\`${option}=\` is not available here yet. Please send your message again without it.`;

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function noSuchAgent(asked: string, templates: readonly AgentTemplate[]): string {
  const known = templates.map((template) => `\`${template.id}\``).join(', ');
  return `There is no agent ${quote(asked)}. You can use: ${known}.`;
}

export const agentChosen = (name: string): string =>
  `From now on this thread works with **${plainName(name)}**, in a new session. Write what you want done.`;

export const agentIsSame = (name: string): string =>
  `This thread works with **${plainName(name)}** already. \`new\` starts a fresh session.`;

export const optionSet = (option: string, value: string): string =>
  `The ${option} is ${quote(value)} now.`;

/** What is chosen now, and what else there is; empty while the agent has not said. */
export function optionsText(
  option: string,
  current: string | undefined,
  offered: readonly string[],
): string {
  const now = current === undefined ? '' : `The ${option} is ${quote(current)}. `;
  if (offered.length === 0) return `${now}The agent offers no ${option} to choose from.`;
  return `${now}You can use: ${offered.map((one) => `\`${one}\``).join(', ')}.`;
}

export const agentsText = (current: string | undefined, all: readonly AgentTemplate[]): string =>
  optionsText(
    'agent',
    current,
    all.map(({ id }) => id),
  );

export function noSuchOption(option: string, value: string, offered: readonly string[]): string {
  const list = offered.map((one) => `\`${one}\``).join(', ');
  return `The agent offers no ${option} ${quote(value)}. You can use: ${list}.`;
}

export const noPosition = (position: number, waiting: number): string =>
  waiting === 0
    ? 'The queue is empty.'
    : `There is no prompt ${position} in the queue: it has ${waiting}.`;

export const cleared = (count: number): string =>
  count === 0
    ? NOTHING_WAITS
    : `Taken out of the queue: ${count} ${count === 1 ? 'prompt' : 'prompts'}.`;

export function queueList(waiting: readonly Prompt[], isPaused: boolean): string {
  const lines = waiting.map(
    (prompt, index) => `${index + 1}. ${quote(prompt.text)} (${plainName(prompt.actor.name)})`,
  );
  const list = lines.length === 0 ? [NOTHING_WAITS] : ['Waiting:', '', ...lines];
  const paused = isPaused ? ['', 'The queue is paused; `queue resume` goes on.'] : [];
  return [...list, ...paused].join('\n');
}

export function noSuchRequest(code: string, pending: readonly PermissionRequest[]): string {
  const none = `There is no pending request \`${code}\` here`;
  if (pending.length === 0) return `${none}; nothing waits for an answer.`;
  const list = pending.map((request) => `\`${request.code}\` (${quote(request.title)})`);
  return `${none}; pending: ${list.join(', ')}.`;
}

export const tooLate = (code: string, outcome: Outcome): string =>
  `Request \`${code}\` ${outcomeText(outcome)}.`;

/** The person may have read the one and mean the other. */
export const codeOfTwo = ({ code, title }: PermissionRequest): string =>
  `Two requests have had the code \`${code}\` here, so it answers neither. Please answer ${quote(title)} where it is shown.`;

export function noSuchChoice(request: PermissionRequest, wish: 'allow' | 'deny'): string {
  const offered = request.options.map((option) => quote(option.name)).join(', ');
  return `The agent offers no way to ${wish} \`${request.code}\`. It offers: ${offered}.`;
}

export const deniedBecause = (title: string, reason: string): string =>
  `I denied "${title}" for this reason: ${reason}`;

export function usageText(usage: Usage | null): string {
  if (usage === null) return 'The agent has reported no usage yet.';
  const { used, size, cost } = usage;
  const parts: string[] = [];
  if (used !== undefined && size !== undefined && size > 0) {
    const percent = Math.round((used / size) * 100);
    parts.push(`context ${number(used)} of ${number(size)} tokens (${percent}%)`);
  } else if (used !== undefined) parts.push(`context ${number(used)} tokens`);
  if (cost !== undefined) parts.push(`cost ${cost.amount.toFixed(2)} ${cost.currency}`);
  return parts.length === 0
    ? 'The agent has reported no usage yet.'
    : `Usage: ${parts.join(', ')}.`;
}

const number = (value: number): string => value.toLocaleString('en-US');

const STATES: Readonly<Record<Session['state'], string>> = {
  new: 'is new',
  starting: 'is starting its agent',
  idle: 'is ready',
  running: 'is working',
  failed: 'could not start its agent',
  ending: 'is being closed',
  ended: 'is closed; a new message opens it again',
};

const TAINTED =
  'Tainted: it has read text by people who may not start work here, so no rule for trusted authors counts in it.';

export interface StatusFacts {
  readonly session: Session;
  readonly running: Prompt | null;
  readonly waiting: readonly Prompt[];
  readonly pending: readonly PermissionRequest[];
  readonly now: number;
}

export function statusText({ session, running, waiting, pending, now }: StatusFacts): string {
  const isAsking = session.state === 'running' && pending.length > 0;
  const isStopping = running?.cancelRequested === true;
  const busy = isStopping ? 'is stopping' : isAsking ? 'waits for an answer' : undefined;
  const state = busy ?? STATES[session.state];
  const lines = [`**${plainName(session.agentName)}** ${state}.`];
  const { stateReason } = session;
  if (session.state === 'failed' && stateReason !== null) {
    lines.push(`- Reason: ${errorText(stateReason.split('\n')[0] ?? '')}`);
  }
  if (running !== null) {
    const since = duration(now - (running.startedAt ?? running.queuedAt));
    lines.push(`- Now: ${quote(running.text)} (${plainName(running.actor.name)}, for ${since})`);
  }
  for (const request of pending) {
    lines.push(
      `- Asks: ${quote(request.title)}; \`approve ${request.code}\` or \`deny ${request.code}\``,
    );
  }
  if (waiting.length > 0) {
    lines.push(`- Queue: ${waiting.length} waiting${session.queuePaused ? ', paused' : ''}`);
  } else if (session.queuePaused) lines.push('- Queue: empty, paused');
  if (session.tainted) lines.push(`- ${TAINTED}`);
  if (session.usage !== null) lines.push(`- ${usageText(session.usage)}`);
  return lines.join('\n');
}

export function sessionsText(
  sessions: readonly Session[],
  activeId: string | undefined,
  now: number,
): string {
  if (sessions.length === 0) return NO_SESSION;
  const lines = sessions.map((session) => {
    const active = session.id === activeId ? ', active here' : '';
    const age = duration(now - session.createdAt);
    return `- **${plainName(session.agentName)}** ${STATES[session.state]}${active}, made ${age} ago (\`${session.id}\`)`;
  });
  return ['Sessions of this thread:', '', ...lines].join('\n');
}

export function whoamiText({ actor, roles }: Caller): string {
  const may = `the ${roles.length === 1 ? 'role' : 'roles'} ${roles.join(', ')}`;
  const who = `${actor.surface} ${actor.kind} ${quote(actor.id)}`;
  return `You are **${plainName(actor.name)}** (${who}), with ${may} here.`;
}
