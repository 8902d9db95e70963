/**
 * What was said before the trigger, by people with write access only: whoever may comment must not
 * be able to instruct the agent. What is left out is counted, and whose it was is said.
 */
import { findMentions } from '../../core/commands/mention.ts';
import { visibleText } from '../../core/commands/visible.ts';
import { isOurs } from '../client/identity.ts';
import type { Place } from '../address.ts';
import type { Edge } from '../deps.ts';
import type { GitHubUser } from '../webhooks/payloads.ts';
import { writes } from './given.ts';
import { cut, quoted, visibleOnly } from './quoted.ts';

const LIMITS = { comment: 8_000, comments: 50, names: 10 } as const;

export interface Said {
  readonly id: number;
  readonly user?: GitHubUser | null | undefined;
  readonly body?: string | null | undefined;
  readonly created_at: string;
}

export interface Range {
  readonly place: Place;
  /** Comments after this time only; 0: all, and the thread is new to us. Milliseconds. */
  readonly since: number;
  /** Nothing that was written after the trigger. Milliseconds. */
  readonly until: number;
  /** Id of the comment that is the prompt itself. */
  readonly except: number | null;
}

/** As Markdown; empty when nothing was said. `skipped`: older ones that are not in `all`. */
export async function discussion(
  edge: Edge,
  all: readonly Said[],
  { place, since, until, except }: Range,
  skipped = 0,
): Promise<string> {
  const { identity } = edge;
  const before = all.filter(
    ({ id, created_at: at, user, body }) =>
      id !== except &&
      Date.parse(at) <= until &&
      !isOurs(identity, user) &&
      // In a session those were prompts themselves.
      !(since > 0 && findMentions(visibleText(body ?? ''), identity.names).length > 0),
  );
  const older = Math.max(0, before.length - LIMITS.comments) + skipped;
  const out: string[] = [];
  const strangers = new Map<string, number>();
  for (const { user, body, created_at: at } of before.slice(-LIMITS.comments)) {
    const text = cut(visibleOnly(body ?? ''), LIMITS.comment);
    if (!user || !(await writes(edge, place, user))) {
      const who = user?.login ?? 'a deleted user';
      strangers.set(who, (strangers.get(who) ?? 0) + 1);
    } else if (text !== '') out.push(`${user.login} wrote at ${at}:\n${quoted(text)}`);
  }
  return [...out, ...leftOut(strangers, older)].join('\n\n');
}

function leftOut(strangers: ReadonlyMap<string, number>, older: number): readonly string[] {
  const parts: string[] = [];
  const count = [...strangers.values()].reduce((sum, each) => sum + each, 0);
  if (count > 0) {
    const names = [...strangers.keys()].slice(0, LIMITS.names).join(', ');
    const more = strangers.size > LIMITS.names ? ' and others' : '';
    parts.push(`${comments(count)} by people without write access (${names}${more})`);
  }
  if (older > 0) parts.push(comments(older, 'older '));
  return parts.length === 0 ? [] : [`Left out: ${parts.join('; ')}.`];
}

const comments = (count: number, which = ''): string =>
  `${count} ${which}${count === 1 ? 'comment' : 'comments'}`;
