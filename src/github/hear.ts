/**
 * A text of somebody, wherever on GitHub it was written: is it for us, may they, and if so it is a
 * message like on every surface. What a stranger asks for waits for a maintainer's word.
 */
import { holds } from '../core/access/authorize.ts';
import { findMentions } from '../core/commands/mention.ts';
import { parseMessage } from '../core/commands/parse.ts';
import { visibleText } from '../core/commands/visible.ts';
import type { Caller } from '../core/model/actor.ts';
import { plainName } from '../core/transcript/plain.ts';
import { threadRef } from './address.ts';
import type { Edge } from './deps.ts';
import { accept, type Heard } from './heard.ts';
import { tell } from './notice.ts';
import { releaseStrangers } from './ok-to-run.ts';
import { actorOf, isHeard } from './person.ts';

const OK_TO_RUN = /^[ \t]*(?:@\S+[,:]?[ \t]+)?\/?ok-to-run\b/im;

export async function hear(edge: Edge, heard: Heard): Promise<void> {
  const { threads, identity, clock, permissions } = edge;
  if (!isHeard(edge, heard.by)) return;
  const thread = threadRef(heard.place);
  const known = await threads.find(thread);
  const bound = known === undefined ? [] : await threads.bindingsOfThread(known.id);
  const visible = visibleText(heard.text);
  const mentioned = heard.addressed === true || findMentions(visible, identity.names).length > 0;
  const isOkToRun = OK_TO_RUN.test(visible);
  const isCommand = bound.length > 0 && /^[ \t]*\/[a-z]/im.test(visible);
  if (!mentioned && !isCommand && !isOkToRun) return;
  const caller: Caller = {
    actor: actorOf(heard.by),
    roles: await permissions.roles(heard.place, heard.by),
  };
  if (isOkToRun) {
    await releaseStrangers(edge, heard, caller);
    return;
  }
  const wantsWork = asksForWork(heard, identity.names, bound.length > 0);
  if (wantsWork && !holds(caller, 'run')) {
    if (mentioned) await showStranger(edge, heard);
    return;
  }
  const since = bound.length === 0 ? 0 : (known?.updatedAt ?? clock.now());
  await accept(edge, heard, caller, wantsWork ? await heard.context(since) : []);
}

function asksForWork({ text, addressed }: Heard, names: readonly string[], bound: boolean) {
  const parsed = parseMessage(text, { mentions: names, bound, addressed });
  if (parsed.kind === 'prompt') return true;
  return parsed.kind === 'command' && ['new', 'steer'].includes(parsed.command.verb);
}

function showStranger(edge: Edge, { place, title, by, text }: Heard): Promise<void> {
  const [name = ''] = edge.identity.names;
  const who = plainName(by.login);
  return tell(edge, {
    thread: threadRef(place),
    title,
    key: `stranger:${by.id}`,
    tone: 'info',
    markdown: [
      `**${who}** has no write access here, so nothing runs yet (${text.length} characters asked for).`,
      `A maintainer who has read the request can let it run: \`@${name} ok-to-run\`. Without that it is ignored.`,
    ].join('\n\n'),
  });
}
