/** The Home tab: my sessions, newest first, and the requests that wait. */
import type { KnownBlock, View } from '@slack/types';
import type { SessionId } from '../../core/model/ids.ts';
import type { PermissionRequest } from '../../core/model/permission.ts';
import type { Session } from '../../core/model/session.ts';
import { placeOf } from '../address.ts';
import { context, mrkdwnSection } from './body.ts';
import { codeLine, plainLine } from './mrkdwn.ts';

const SHOWN = 20;

const heading = (text: string): KnownBlock => ({
  type: 'header',
  text: { type: 'plain_text', text },
});

export function homeView(
  sessions: readonly Session[],
  pending: readonly PermissionRequest[],
  sessionUrl: (id: SessionId) => string | undefined,
): View {
  const waiting = pending.map(
    ({ title, code }) => `✋ ${codeLine(title.slice(0, 200))} \`${plainLine(code)}\``,
  );
  const listed = sessions.slice(0, SHOWN).map((session) => sessionLine(session, sessionUrl));
  const rest = sessions.length - listed.length;
  return {
    type: 'home',
    blocks: [
      heading('Waiting for an answer'),
      mrkdwnSection(waiting.length === 0 ? 'Nothing waits.' : waiting.slice(0, SHOWN).join('\n')),
      heading('My sessions'),
      mrkdwnSection(
        listed.length === 0
          ? 'None yet. Mention me in a channel, or write to me here.'
          : listed.join('\n'),
      ),
      ...(rest > 0 ? [context(`_and ${rest} older ones_`)] : []),
    ],
  };
}

function sessionLine(
  { id, agentName, state, createdAt, metadata }: Session,
  sessionUrl: (id: SessionId) => string | undefined,
): string {
  const at = `<!date^${Math.floor(createdAt / 1000)}^{date_short_pretty} {time}|${new Date(createdAt).toISOString().slice(0, 16)}>`;
  const url = sessionUrl(id) ?? threadUrl(metadata['thread']);
  const name = plainLine(agentName);
  return `• ${url === undefined ? name : `<${url}|${name}>`} · ${plainLine(state)} · ${at}`;
}

/** Where the thread is on Slack; the session keeps its thread's key. */
function threadUrl(key: unknown): string | undefined {
  if (typeof key !== 'string') return undefined;
  const { channel, thread } = placeOf({ key });
  return thread === ''
    ? undefined
    : `https://slack.com/archives/${encodeURIComponent(channel)}/p${thread.replace('.', '')}`;
}
