/**
 * What the agent is told besides the message: what was said on the thread that it has not heard,
 * the messages that are linked, and which files it cannot see.
 */
import type { ContentBlock } from '../../core/model/content.ts';
import { isAppError } from '../../core/model/errors.ts';
import { inTime, READ_MS } from '../../core/platforms/in-time.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Place } from '../address.ts';
import type { Workspace } from '../client/workspaces.ts';
import type { Pace } from '../../core/outbox/pace.ts';
import type { People } from '../client/people.ts';
import type { SlackAccess } from '../options.ts';
import { permalinksIn, readLinked, type Permalink } from './permalinks.ts';
import type { SharedFile } from '../payloads.ts';
import { filesText, quoted, type SlackMessage } from './quotes.ts';
import { readThread } from './thread-context.ts';

interface Deps {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly people: People;
  readonly access: SlackAccess;
}

export interface Around {
  readonly context: readonly ContentBlock[];
  /** Some of it is by people who may not start work, or by apps. */
  readonly tainted: boolean;
}

export interface Asking {
  readonly place: Place;
  /** The message itself. */
  readonly ts: string;
  /** What its reading waits in line as. */
  readonly cause: string;
  readonly text: string;
  readonly files: readonly SharedFile[];
  /** Read what was said after this message of the thread; empty: from its root; undefined: nothing. */
  readonly after: string | undefined;
  /** The agent has answered on this thread: what was said before that it knows. */
  readonly isBound: boolean;
}

/** Rejects with AppError `unavailable` to try again. */
export async function around(deps: Deps, workspace: Workspace, asking: Asking): Promise<Around> {
  const { place, after } = asking;
  const links = permalinksIn(asking.text, workspace.url);
  const reads = (after === undefined ? 0 : 1) + links.length;
  if (reads === 0) return read(deps, workspace, asking, links);
  deps.pace.takeTurn(place.team, asking.cause, reads);
  try {
    return await inTime(deps.clock, READ_MS, () => read(deps, workspace, asking, links), LATE);
  } catch (error) {
    // Some apps may read once a minute (those that are distributed, but not in Slack's marketplace):
    // a question does not wait for that.
    const after = isAppError(error, 'unavailable') ? error.details['retryAfterMs'] : undefined;
    if (typeof after === 'number' && after > READ_MS) return LATE;
    throw error;
  }
}

const LATE: Around = {
  context: [
    {
      type: 'text',
      text: `Slack did not give what was said before within ${READ_MS / 1_000} s, so all of it was left out.`,
    },
  ],
  tainted: false,
};

async function read(
  deps: Deps,
  workspace: Workspace,
  { place, ts, after, files, isBound }: Asking,
  links: readonly Permalink[],
): Promise<Around> {
  const thread =
    after === undefined
      ? { messages: [], isCut: false }
      : await readThread(workspace, place, {
          after: after || undefined,
          before: ts,
          sinceAnswer: isBound && after === '',
        });
  const linked = await readAll(deps, workspace, links, place.channel);
  const { botUserId } = workspace;
  return {
    context: [
      ...quoted(thread.messages, botUserId, 'Earlier on this Slack thread'),
      ...(thread.isCut
        ? [note('The thread is very long; its newest messages were left out.')]
        : []),
      ...quoted(linked.messages, botUserId, 'Messages that the person links to'),
      ...(linked.left > 0 ? [note(LEFT_OUT)] : []),
      ...(files.length === 0
        ? []
        : [
            note(
              `Files were shared with this message, and cannot be read here yet: ${filesText(files)}.`,
            ),
          ]),
    ],
    tainted: await isTainted(deps, place, [...thread.messages, ...linked.messages]),
  };
}

const LEFT_OUT =
  'A linked message was left out: only those of this channel and of public channels that I am in are read.';

const note = (text: string): ContentBlock => ({ type: 'text', text });

async function readAll(
  deps: Deps,
  workspace: Workspace,
  links: readonly Permalink[],
  here: string,
) {
  const messages: SlackMessage[] = [];
  for (const link of links) {
    const found = await readLinked(workspace, deps.access, link, here);
    if (found !== undefined) messages.push(found);
  }
  return { messages, left: links.length - messages.length };
}

/** Authors whose roles are looked up; where there are more, somebody may be among them. */
const MOST_AUTHORS = 20;

async function isTainted(
  { people }: Deps,
  { team, channel }: Place,
  messages: readonly SlackMessage[],
): Promise<boolean> {
  const authors = new Set(
    messages.map(({ user, bot_id }) => (bot_id === undefined ? user : undefined)),
  );
  if (authors.has(undefined) || authors.size > MOST_AUTHORS) return true;
  for (const author of authors) {
    const { roles } = await people.caller(team, channel, author ?? '');
    if (!roles.some((role) => role !== 'read')) return true;
  }
  return false;
}
