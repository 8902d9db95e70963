/**
 * `/threadcast …`: starts work in a channel, or answers what needs no thread. Slash commands do not work inside threads and leave no
 * message behind, so we post one that says what was asked, and the thread hangs on that.
 */
import type { z } from 'zod';
import { authorize } from '../../core/access/authorize.ts';
import { helpText } from '../../core/commands/help.ts';
import { parseMessage } from '../../core/commands/parse.ts';
import { whoamiText } from '../../core/inbound/texts.ts';
import type { Caller } from '../../core/model/actor.ts';
import type { Verb } from '../../core/model/verbs.ts';
import { messageId, refOf } from '../address.ts';
import { appErrorOf } from '../client/failures.ts';
import { findByCommand, COMMAND_TYPE } from '../client/find-command.ts';
import type { commandSchema } from '../payloads.ts';
import { around } from '../prompts/context.ts';
import { OWN_NAME, titleOf, toText } from '../prompts/text.ts';
import { escape } from '../renderers/mrkdwn.ts';
import { cut, SECTION_LIMIT } from '../renderers/body.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { refuse } from './refuse.ts';
import { whisper } from './whisper.ts';

type Commanded = z.infer<typeof commandSchema>;

const EMPTY =
  'Write what you want done after the command, for example: `/threadcast why does the build fail?` In a thread, mention me instead.';

export async function onCommanded(
  deps: ListenerDeps,
  { team }: Source,
  command: Commanded,
): Promise<void> {
  const { channel_id: channel, user_id: user, trigger_id: cause } = command;
  const receivedAt = deps.clock.now();
  const nowhere = { team, channel, thread: '' };
  const caller = await deps.people.caller(team, channel, user);
  const workspace = await deps.workspaces.of(team);
  const text = toText(command.text, workspace.botUserId).trim();
  const answer = await quickAnswer(deps, caller, { team, user, text });
  if (answer !== undefined) return whisper(deps, nowhere, user, answer);
  const refused = await refusal(deps, caller);
  if (refused !== undefined) return refuse(deps, nowhere, user, refused);
  // Repeated after a crash, the message may be there already.
  const before = await findByCommand(deps.workspaces, nowhere, cause);
  const opened = before ?? (await open(deps, nowhere, caller.actor.name, text, cause));
  if (typeof opened !== 'string') return whisper(deps, nowhere, user, opened.problem);
  const place = { ...nowhere, thread: opened };
  const deliveryId = messageId(place, opened);
  await deps.triggers.remember(deliveryId, opened);
  const asking = { place, ts: opened, cause, text: command.text, files: [], ...NEW_THREAD };
  const { context, tainted } = await around(deps, workspace, asking);
  await deps.inbound.accept({
    deliveryId,
    thread: refOf(place),
    threadTitle: titleOf(text),
    actor: caller.actor,
    roles: caller.roles,
    text,
    addressed: true,
    receivedAt,
    ...(context.length === 0 ? {} : { context }),
    ...(tainted ? { tainted } : {}),
  });
  await deps.statuses.acknowledge(place, receivedAt);
}

const NEW_THREAD = { after: undefined, isBound: false } as const;

interface Typed {
  readonly team: string;
  readonly user: string;
  readonly text: string;
}

/** What needs no thread is answered to that person alone; undefined: it opens a thread. */
async function quickAnswer(
  deps: ListenerDeps,
  caller: Caller,
  { team, user, text }: Typed,
): Promise<string | undefined> {
  if (text === '') return EMPTY;
  const parsed = parseMessage(`@${OWN_NAME} ${text}`, { mentions: [OWN_NAME], bound: false });
  if (parsed.kind === 'error') return parsed.message;
  if (parsed.kind === 'command') {
    const { command } = parsed;
    switch (command.verb) {
      case 'help': {
        const may = (verb: Verb): boolean => authorize(verb, caller).allow;
        return helpText({ mention: OWN_NAME, may }, command.topic);
      }
      case 'whoami':
        return whoamiText(caller);
      case 'sessions':
      case 'status':
        return deps.homes.list(team, user);
      case 'new':
        break;
      default:
        return inThread(command.verb);
    }
  }
  return undefined;
}

const inThread = (verb: string): string =>
  `\`${verb}\` belongs to a thread, and slash commands do not work in threads. Mention me there instead: \`@${OWN_NAME} ${verb}\`. Your sessions are on my Home tab.`;

/** Said before anything is posted in their name. */
async function refusal(deps: ListenerDeps, caller: Caller): Promise<string | undefined> {
  const decision = authorize('session.create', caller);
  if (decision.allow) return undefined;
  await deps.decisions.append({
    at: deps.clock.now(),
    actor: caller.actor,
    verb: 'session.create',
    outcome: 'refused',
    reason: decision.reason,
    sessionId: null,
    promptId: null,
    subjectHash: null,
    subject: null,
  });
  return decision.reason;
}

/** The message that the thread hangs on. Rejects with AppError `unavailable` to try again. */
async function open(
  deps: ListenerDeps,
  { team, channel }: { readonly team: string; readonly channel: string },
  name: string,
  text: string,
  cause: string,
): Promise<string | { readonly problem: string }> {
  const said = cut(`*${escape(name)}*: ${escape(text)}`, SECTION_LIMIT);
  const posted = await deps.workspaces.call(team, 'chat.postMessage', {
    channel,
    text: said,
    unfurl_links: false,
    unfurl_media: false,
    metadata: { event_type: COMMAND_TYPE, event_payload: { cause } },
  });
  if (posted.ok) return String(posted.data['ts']);
  const error = appErrorOf('chat.postMessage', posted.failure);
  if (error.code === 'unavailable') throw error;
  return { problem: error.message };
}
