/**
 * `message` and `app_mention`: what people say. Invariant: one message of a person is one inbound
 * message, though Slack tells us of it twice; our own messages are never among them.
 */
import { authorize } from '../../core/access/authorize.ts';
import { parseMessage } from '../../core/commands/parse.ts';
import type { Actor, Caller, Role } from '../../core/model/actor.ts';
import { isDirect, messageId, refOf, SURFACE, type Place } from '../address.ts';
import type { Workspace } from '../client/workspaces.ts';
import type { Said } from '../payloads.ts';
import { around } from '../prompts/context.ts';
import { filesText } from '../prompts/quotes.ts';
import { isAside } from '../prompts/thread-context.ts';
import { mentionsBot, OWN_NAME, titleOf, toText } from '../prompts/text.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { whisper } from './whisper.ts';

/** Kinds of message that a person wrote; joins, topics and the like have others. */
const WRITTEN: ReadonlySet<string | undefined> = new Set([
  undefined,
  'file_share',
  'thread_broadcast',
]);

export async function onSaid(deps: ListenerDeps, source: Source, said: Said): Promise<void> {
  if (!WRITTEN.has(said.subtype) && !isAllowedBot(deps, said)) return;
  const { team } = source;
  const receivedAt = deps.clock.now();
  const workspace = await deps.workspaces.of(team);
  if (isOwn(workspace, source, said)) return;
  const place = { team, channel: said.channel, thread: said.thread_ts ?? said.ts };
  const addressed = isDirect(said.channel);
  const isMentioned = mentionsBot(said.text ?? '', workspace.botUserId);
  const isBound = said.thread_ts !== undefined && (await hasSession(deps, place));
  if (!addressed && !isMentioned && !isBound) return;
  const caller = await speaker(deps, team, said);
  if (caller === undefined) {
    // A mention comes as a message as well.
    if (addressed || said.type === 'app_mention') await noteBot(deps, team, said);
    if (isBound) deps.heard.missed(place);
    return;
  }
  const text = toText(said.text ?? '', workspace.botUserId);
  const deliveryId = messageId(place, said.ts);
  const { ts, files } = said;
  // Typed by itself it is nothing that core would answer.
  const isForUs = (addressed || isMentioned) && text.trim() !== '' && !isAside(text);
  const mayRun = authorize('prompt', caller).allow;
  const isReply = mayRun && !addressed && !isMentioned && continuesUntagged(deps, text);
  const asks = mayRun && (isForUs || isReply) && asksForWork(text);
  const after = asks ? unheard(deps, place, ts, isBound) : undefined;
  const asking = { place, ts, after, isBound, files, cause: deliveryId, text: said.text ?? '' };
  const { context, tainted } = asks
    ? await around(deps, workspace, asking)
    : { context: [], tainted: false };
  await deps.triggers.remember(deliveryId, ts);
  const outcome = await deps.inbound.accept({
    deliveryId,
    thread: refOf(place),
    threadTitle: titleOf(text),
    actor: caller.actor,
    roles: caller.roles,
    text,
    addressed,
    receivedAt,
    ...(context.length === 0 ? {} : { context }),
    ...(tainted ? { tainted } : {}),
  });
  if (asks) deps.heard.taken(place, ts);
  // What people tell each other the agent hears later; an aside it never does.
  else if (!isForUs && !isReply && !isAside(text)) deps.heard.missed(place);
  if (outcome !== 'stored') return;
  if (isForUs) await acknowledge(deps, place, ts, receivedAt);
  const tellsFiles =
    files.length > 0 && (addressed || isMentioned || asks) && caller.actor.kind === 'person';
  if (tellsFiles) await whisper(deps, place, said.user ?? '', noFiles(files));
}

/** Free text, not a command that is answered without the agent. */
const asksForWork = (text: string): boolean =>
  parseMessage(text, { mentions: [OWN_NAME], bound: true, addressed: true }).kind === 'prompt';

/** What to read of the thread first; see Asking. */
function unheard(
  { heard }: ListenerDeps,
  place: Place,
  ts: string,
  isBound: boolean,
): string | undefined {
  const isRoot = place.thread === ts;
  if (isRoot || isDirect(place.channel) || heard.isTaken(place, ts)) return undefined;
  return isBound ? heard.gap(place) : '';
}

/** Whether core takes a reply without a mention for something to do. */
const continuesUntagged = ({ untaggedReplies }: ListenerDeps, text: string): boolean =>
  untaggedReplies && text.trim() !== '' && !isAside(text) && !/<@[UW]/.test(text);

const noFiles = (files: Said['files']): string =>
  `I cannot read files yet, so this was left out: ${filesText(files)}. The text of your message is what counts.`;

/** By app id, by bot id and by user: each of them is missing in some payload. */
export function isOwn(
  { botUserId, botId }: Workspace,
  { appId }: Source,
  said: Pick<Said, 'app_id' | 'bot_id' | 'user'>,
): boolean {
  if (said.user === botUserId) return true;
  if (said.app_id !== undefined && said.app_id === appId) return true;
  return said.bot_id !== undefined && said.bot_id === botId;
}

function isAllowedBot({ access }: ListenerDeps, said: Said): boolean {
  return said.app_id !== undefined && access.bots.includes(said.app_id);
}

/** Who says it, with their roles now; undefined for whom we do not listen to. */
async function speaker(deps: ListenerDeps, team: string, said: Said): Promise<Caller | undefined> {
  const isBot = said.bot_id !== undefined;
  if (isBot && !isAllowedBot(deps, said)) return undefined;
  if (isBot) {
    const id = `${team}/${said.app_id ?? ''}`;
    const actor: Actor = { surface: SURFACE, id, name: 'an app', kind: 'bot' };
    const roles: readonly Role[] = ['run'];
    return { actor, roles };
  }
  return said.user === undefined ? undefined : deps.people.caller(team, said.channel, said.user);
}

/** A bot that is answered may answer that: it is refused without a word, and only the log knows. */
async function noteBot(
  { decisions, clock }: ListenerDeps,
  team: string,
  said: Said,
): Promise<void> {
  const id = `${team}/${said.app_id ?? said.bot_id ?? ''}`;
  await decisions.append({
    at: clock.now(),
    actor: { surface: SURFACE, id, name: 'an app', kind: 'bot' },
    verb: 'prompt',
    outcome: 'refused',
    reason: 'Bots are not listened to, unless the configuration names them.',
    sessionId: null,
    promptId: null,
    subjectHash: null,
    subject: said.text ?? '',
  });
}

export async function hasSession(deps: Pick<ListenerDeps, 'threads'>, place: Place) {
  const thread = await deps.threads.find(refOf(place));
  if (thread === undefined) return false;
  return (await deps.threads.bindingsOfThread(thread.id)).length > 0;
}

/** Seen: the session's status where Slack shows one, else a reaction. Never fails. */
async function acknowledge(
  { statuses, reactions }: ListenerDeps,
  place: Place,
  ts: string,
  receivedAt: number,
): Promise<void> {
  const shown = await statuses.acknowledge(place, receivedAt);
  if (shown === 'unable') await reactions.see(place, ts);
}
