/** Short words of this folder on a thread. `key` makes them said once. */
import { UNSENT, type OutsiderRequest } from '../core/model/message.ts';
import type { ThreadRef } from '../core/model/thread.ts';
import { tellRefusal } from '../core/inbound/refusal.ts';
import { plainName } from '../core/transcript/plain.ts';
import { SURFACE } from './address.ts';
import type { Edge } from './deps.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

export interface Notice {
  readonly thread: ThreadRef;
  readonly title: string;
  readonly key: string;
  readonly tone: 'info' | 'error';
  readonly markdown: string;
  readonly request?: OutsiderRequest;
}

/** Tells somebody that they may not; at most once an hour in a thread, as for commands. */
export function refuse(
  { threads, outbox, clock }: Pick<Edge, 'threads' | 'outbox' | 'clock'>,
  {
    thread,
    title,
    by,
    reason,
  }: Pick<Notice, 'thread' | 'title'> & { by: GitHubUser; reason: string },
): Promise<void> {
  const actor = { surface: SURFACE, id: String(by.id) };
  const markdown = `**${plainName(by.login)}**: ${reason}`;
  return tellRefusal(
    { threads, outbox: outbox(), clock },
    { thread, threadTitle: title, actor, markdown },
  );
}

/** Durable when it resolves; a key that was used before says nothing. */
export async function tell(
  { threads, outbox, clock }: Pick<Edge, 'threads' | 'outbox' | 'clock'>,
  { thread, title, key, ...view }: Notice,
): Promise<void> {
  const { id } = await threads.ensure(thread, title, clock.now());
  await outbox().open([
    {
      key: `${key}@${id}`,
      threadId: id,
      surface: thread.surface,
      account: thread.account,
      view: { kind: 'notice', ...view },
      ...UNSENT,
      createdAt: clock.now(),
    },
  ]);
}
