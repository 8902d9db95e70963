/** What a person looks at: the list with a new thread, and one thread. */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../../core/model/actor.ts';
import { AppError } from '../../core/model/errors.ts';
import { parseId } from '../../core/model/ids.ts';
import type { Thread } from '../../core/model/thread.ts';
import type { HostedMessageStore, TemplateStore, ThreadStore } from '../../core/ports/stores.ts';
import { renderHelp } from '../renderers/help.ts';
import { renderHome, renderThread, type PageFrame } from '../renderers/page.ts';
import type { SessionReader } from '../session-reader.ts';
import type { ThreadReader } from '../thread-reader.ts';

export interface PageDeps {
  readonly hosted: HostedMessageStore;
  readonly threads: ThreadStore;
  readonly templates: Pick<TemplateStore, 'templates'>;
  readonly reader: ThreadReader;
  readonly seen: Pick<SessionReader, 'elsewhere'>;
  readonly script: string;
  /** Template of a thread whose writer chose none. */
  readonly defaultAgent: string;
}

/** AppError `not_found` for an address of no thread. */
export async function threadOf(threads: ThreadStore, id: string | undefined): Promise<Thread> {
  const threadId = parseId('t', id ?? '');
  const thread = threadId && (await threads.thread(threadId));
  if (thread === undefined || thread.ref.surface !== 'web') {
    throw new AppError('not_found', 'There is no such thread. It may have been deleted.');
  }
  return thread;
}

async function frame(deps: PageDeps, caller: Caller): Promise<PageFrame> {
  return { script: deps.script, list: await deps.reader.list(caller), help: renderHelp(caller) };
}

export async function homePage(deps: PageDeps, caller: Caller): Promise<string> {
  return renderHome({
    ...(await frame(deps, caller)),
    agents: await deps.templates.templates(),
    defaultAgent: deps.defaultAgent,
    elsewhere: await deps.seen.elsewhere(caller),
    deliveryId: randomUUID(),
  });
}

export async function threadPage(deps: PageDeps, caller: Caller, thread: Thread): Promise<string> {
  const messages = await deps.hosted.messages(thread.id);
  return renderThread({
    ...(await frame(deps, caller)),
    summary: await deps.reader.summary(caller, thread),
    messages,
    cursor: Math.max(0, ...messages.map(({ updatedAt }) => updatedAt)),
    queue: await deps.reader.queue(caller, thread.id),
    deliveryId: randomUUID(),
  });
}
