/**
 * The Home tab: what waits for an answer, and my sessions, newest first. Invariant: at most 100
 * blocks, and what is left out is counted.
 */
import type { Button, KnownBlock, View } from '@slack/types';
import type { Session } from '../../core/model/session.ts';
import { plainName } from '../../core/transcript/plain.ts';
import { context, cut, mrkdwnSection } from './body.ts';
import { plainLine, toMrkdwn } from './mrkdwn.ts';
import { askedBlocks, type Asked, type MintToken } from './permission.ts';

export interface HomeSession {
  readonly session: Session;
  /** What people call its thread. */
  readonly title: string;
  readonly threadUrl: string | undefined;
  readonly pageUrl: string | undefined;
}

export interface HomeRequest {
  readonly asked: Asked;
  readonly agentName: string;
  readonly threadUrl: string | undefined;
  /** Where all of it can be read, if anywhere. */
  readonly approvalUrl: string | undefined;
}

export interface Home {
  /** Those that are shown, newest first. */
  readonly sessions: readonly HomeSession[];
  readonly requests: readonly HomeRequest[];
  /** Counted, not shown. */
  readonly moreSessions: number;
  readonly moreRequests: number;
  /** What became of a click, when there is something to say. */
  readonly note?: string | undefined;
}

/** At most 5 blocks each: with headings below Slack's 100. */
export const MOST_REQUESTS = 5;
const MOST_LISTED = 10;
/** At most 2 blocks each. */
export const MOST_SESSIONS = 20;

/** All Stop buttons have an action id that begins so; their value is the session's id. */
export const STOP_ACTION = 'stop';
const OPEN_ACTION = 'open';

const STATES: Readonly<Record<Session['state'], string>> = {
  new: '🕓 starting',
  starting: '📦 starting its agent',
  idle: '⚪ ready',
  running: '⏳ working',
  failed: '❌ its agent could not be started',
  ending: '⚪ being closed',
  ended: '⚪ closed',
};

const EMPTY = [
  'You have no sessions yet. There are four ways to start one:',
  '• *In a channel*: mention me with what you want done, such as `@Threadcast why does the build fail?` I answer in a thread, and your replies there go on with it.',
  '• *Here*: write to me under _Messages_.',
  '• *About a message*: choose _Ask Threadcast_ in its menu (⋮).',
  '• *Anywhere in a channel*: `/threadcast` and what you want done.',
  'I ask before I run or change anything. `help` lists what else I understand.',
].join('\n');

export function homeView(home: Home, mint: MintToken): View {
  const { sessions, requests, moreSessions, moreRequests, note } = home;
  const waiting = requests.flatMap((request, at) => requestBlocks(request, at, mint));
  const blocks = [
    ...(note === undefined ? [] : [mrkdwnSection(`⚠️ ${toMrkdwn(note)}`)]),
    ...(waiting.length === 0 ? [] : [heading('Waiting for an answer'), ...waiting]),
    ...(moreRequests > 0 ? [context(`_and ${moreRequests} more, each in its thread_`)] : []),
    heading(sessions.length === 0 ? 'Welcome' : 'My sessions'),
    ...(sessions.length === 0 ? [mrkdwnSection(EMPTY)] : sessions.flatMap(sessionBlocks)),
    ...(moreSessions > 0 ? [context(`_and ${moreSessions} older ones_`)] : []),
  ];
  return { type: 'home', blocks };
}

/** My sessions as Markdown, the newest few. */
export function homeText(home: Home | undefined): string {
  if (home === undefined || home.sessions.length === 0) {
    return 'You have no sessions yet. Write what you want done after the command.';
  }
  const { sessions, moreSessions } = home;
  const shown = sessions.slice(0, MOST_LISTED).map(({ session, title, threadUrl }) => {
    const name = plainName(cut(title, 120));
    const linked = threadUrl === undefined ? `**${name}**` : `[${name}](${threadUrl})`;
    return `- ${linked}: ${plainName(session.agentName)} · ${STATES[session.state]}`;
  });
  const rest = sessions.length - shown.length + moreSessions;
  return ['Your sessions:', ...shown, ...(rest > 0 ? [`and ${rest} older ones`] : [])].join('\n');
}

const heading = (text: string): KnownBlock => ({
  type: 'header',
  text: { type: 'plain_text', text },
});

function requestBlocks(
  { asked, agentName, threadUrl, approvalUrl }: HomeRequest,
  at: number,
  mint: MintToken,
): readonly KnownBlock[] {
  const { code, expiresAt } = asked.permission;
  const line = `✋ *${plainLine(agentName)}* asks \`${plainLine(code)}\` · expires ${date(expiresAt, '{time}')}`;
  const text = { type: 'mrkdwn', text: cut(line, 300) } as const;
  const open = threadUrl === undefined ? [] : [openButton(threadUrl, `request ${at}`)];
  const [accessory] = open;
  return [
    { type: 'section', text, ...(accessory === undefined ? {} : { accessory }) },
    ...askedBlocks(asked, mint, approvalUrl),
  ];
}

function sessionBlocks(shown: HomeSession): readonly KnownBlock[] {
  const { session, title, threadUrl, pageUrl } = shown;
  const { id, agentName, state, createdAt } = session;
  const facts = [
    plainLine(agentName),
    STATES[state],
    `since ${date(createdAt, '{date_short_pretty} {time}')}`,
    ...(pageUrl === undefined ? [] : [`<${pageUrl}|session page>`]),
  ];
  const line = `*${plainLine(cut(title, 120))}*\n${facts.join(' · ')}`;
  const text = { type: 'mrkdwn', text: line } as const;
  const open = threadUrl === undefined ? [] : [openButton(threadUrl, id)];
  const isBusy = state === 'running' || state === 'starting' || state === 'new';
  if (isBusy)
    return [
      { type: 'section', text },
      { type: 'actions', elements: [...open, stopButton(id)] },
    ];
  const [accessory] = open;
  return [{ type: 'section', text, ...(accessory === undefined ? {} : { accessory }) }];
}

const openButton = (url: string, of: string): Button => ({
  type: 'button',
  action_id: `${OPEN_ACTION}:${of}`,
  text: { type: 'plain_text', text: 'Open thread' },
  url,
});

const stopButton = (id: string): Button => ({
  type: 'button',
  action_id: `${STOP_ACTION}:${id}`,
  text: { type: 'plain_text', text: 'Stop' },
  style: 'danger',
  value: id,
});

function date(at: number, format: string): string {
  const utc = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  return `<!date^${Math.floor(at / 1000)}^${format}|${utc} UTC>`;
}
