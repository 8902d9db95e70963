/**
 * A text of somebody, wherever on GitHub it was written: is it for us, may they, and if so it is a
 * message like on every surface. What an outsider asks for waits for a maintainer's word.
 */
import { holds } from '../core/access/authorize.ts';
import { findMentions } from '../core/commands/mention.ts';
import { parseMessage } from '../core/commands/parse.ts';
import { visibleText } from '../core/commands/visible.ts';
import type { Caller } from '../core/model/actor.ts';
import { isAppError } from '../core/model/errors.ts';
import { threadRef } from './address.ts';
import type { Edge } from './deps.ts';
import { accept, type Heard } from './heard.ts';
import { refuse } from './notice.ts';
import { okToRun, showOutsider } from './outsiders.ts';
import { callerOf, isHeard } from './person.ts';

const NOTHING = { blocks: [], tainted: false } as const;

export async function hear(edge: Edge, heard: Heard): Promise<void> {
  const { threads, identity, clock } = edge;
  if (!isHeard(edge, heard.by)) return;
  const known = await threads.find(threadRef(heard.place));
  const bound = known === undefined ? [] : await threads.bindingsOfThread(known.id);
  const visible = visibleText(heard.text);
  const mentioned = heard.addressed === true || findMentions(visible, identity.names).length > 0;
  const command = okToRunIn(visible, identity.names);
  const isCommand = bound.length > 0 && /^[ \t]*\/[a-z]/im.test(visible);
  if (!mentioned && !isCommand && command === undefined) return;
  const caller = await callerOf(edge, heard.place, heard.by);
  if (command !== undefined) {
    await letRun(edge, heard, caller, command.readOnly);
    return;
  }
  const wantsWork = asksForWork(heard, identity.names, bound.length > 0);
  if (wantsWork && !holds(caller, 'run')) {
    // A label has no text of the one who added it: there is nothing to let run.
    if (mentioned && heard.addressed !== true) await showOutsider(edge, heard);
    return;
  }
  const since = bound.length === 0 ? 0 : (known?.updatedAt ?? clock.now());
  await accept(edge, heard, caller, wantsWork ? await heard.context(since) : NOTHING);
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

function asksForWork({ text, addressed }: Heard, names: readonly string[], bound: boolean) {
  const parsed = parseMessage(text, { mentions: names, bound, addressed });
  if (parsed.kind === 'prompt') return true;
  return parsed.kind === 'command' && ['new', 'steer'].includes(parsed.command.verb);
}
