/**
 * A text of somebody, wherever on GitHub it was written: is it for us, may they, and if so it is a
 * message like on every surface. What an outsider asks for waits for a maintainer's word.
 */
import { holds } from '../core/access/authorize.ts';
import { findMentions } from '../core/commands/mention.ts';
import { verbOf as commandVerb } from '../core/commands/grammar.ts';
import { parseMessage } from '../core/commands/parse.ts';
import { visibleText } from '../core/commands/visible.ts';
import type { Caller } from '../core/model/actor.ts';
import { isAppError } from '../core/model/errors.ts';
import type { Verb } from '../core/model/verbs.ts';
import { threadRef } from './address.ts';
import { isOurs } from './client/identity.ts';
import type { Edge } from './deps.ts';
import { accept, type Heard } from './heard.ts';
import { refuse } from './notice.ts';
import { okToRun, showOutsider } from './outsiders.ts';
import { actorOf, callerOf, isHeard } from './person.ts';
import { givenInTime } from './prompts/given.ts';

const NOTHING = { blocks: [], tainted: false } as const;

export async function hear(edge: Edge, heard: Heard): Promise<void> {
  const { threads, identity, clock } = edge;
  if (!isHeard(edge, heard.by)) return ignore(edge, heard);
  const known = await threads.find(threadRef(heard.place));
  const bound = known === undefined ? [] : await threads.bindingsOfThread(known.id);
  const visible = visibleText(heard.text);
  const mentioned = heard.addressed === true || findMentions(visible, identity.names).length > 0;
  const command = okToRunIn(visible, identity.names);
  const isCommand = bound.length > 0 && /^[ \t]*\/[a-z]/im.test(visible);
  const goesOn = bound.length > 0 && edge.options.untaggedReplies;
  if (!mentioned && !isCommand && !goesOn && command === undefined) return;
  const caller = await callerOf(edge, heard.place, heard.by);
  if (command !== undefined) {
    await letRun(edge, heard, caller, command.readOnly);
    return;
  }
  const verb = verbOf(heard, identity.names, bound.length > 0);
  const wantsWork = verb !== undefined && WORK.has(verb);
  if (wantsWork && !holds(caller, 'run')) {
    await edge.guard.note(verb, caller, MAY_NOT, { subject: heard.text });
    // A label has no text of the one who added it: there is nothing to let run.
    if (heard.addressed === true)
      await refuse(edge, {
        thread: threadRef(heard.place),
        title: heard.title,
        by: heard.by,
        reason: MAY_NOT,
      });
    else if (mentioned) await showOutsider(edge, heard);
    return;
  }
  const since = bound.length === 0 ? 0 : (known?.updatedAt ?? clock.now());
  const given = wantsWork ? await givenInTime(edge, () => heard.context(since)) : NOTHING;
  await accept(edge, heard, caller, given);
}

const OK_TO_RUN = /^[ \t]*(?:@(\S+?)(?:\[bot\])?[,:]?[ \t]+\/?|\/)ok-to-run\b[ \t]*(read-?only)?/im;

function okToRunIn(
  visible: string,
  names: readonly string[],
): { readonly readOnly: boolean } | undefined {
  const [whole, name, readOnly] = OK_TO_RUN.exec(visible) ?? [];
  const isOurs =
    name === undefined || names.some((our) => our.toLowerCase() === name.toLowerCase());
  return whole !== undefined && isOurs ? { readOnly: readOnly !== undefined } : undefined;
}

async function letRun(edge: Edge, heard: Heard, caller: Caller, readOnly: boolean): Promise<void> {
  try {
    await okToRun(edge, heard, caller, readOnly);
  } catch (error) {
    if (!isAppError(error, 'forbidden')) throw error;
    const { title, by } = heard;
    await refuse(edge, { thread: threadRef(heard.place), title, by, reason: error.message });
  }
}

const MAY_NOT = 'Sorry, only people with write access can start work here. Please ask one of them.';

const WORK: ReadonlySet<Verb> = new Set<Verb>(['prompt', 'new', 'steer']);

/** Undefined: it asks for nothing. */
function verbOf(
  { text, addressed }: Pick<Heard, 'text' | 'addressed'>,
  names: readonly string[],
  bound: boolean,
): Verb | undefined {
  const parsed = parseMessage(text, { mentions: names, bound, addressed });
  if (parsed.kind === 'command') return commandVerb(parsed.command);
  return parsed.kind === 'prompt' ? 'prompt' : undefined;
}

/** A bot that is answered may answer that: it is refused without a word, and only the log knows. */
async function ignore({ guard, identity }: Edge, { by, text, addressed }: Heard): Promise<void> {
  if (isOurs(identity, by)) return;
  const verb = verbOf({ text, addressed }, identity.names, false);
  const caller: Caller = { actor: actorOf(by), roles: [] };
  if (verb !== undefined) await guard.note(verb, caller, NOT_A_LISTED_BOT, { subject: text });
}

const NOT_A_LISTED_BOT = 'Bots are not listened to, unless the configuration names them.';
