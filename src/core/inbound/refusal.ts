/** What somebody is told on a thread when they may not: at most once an hour, for all they ask there. */
import type { Actor } from '../model/actor.ts';
import { UNSENT } from '../model/message.ts';
import type { ThreadRef } from '../model/thread.ts';
import type { Clock } from '../ports/clock.ts';
import type { ThreadStore } from '../ports/stores.ts';
import type { Outbox } from '../outbox/outbox.ts';

export interface RefusalDeps {
  readonly threads: Pick<ThreadStore, 'ensure'>;
  readonly outbox: Pick<Outbox, 'openHourly'>;
  readonly clock: Clock;
}

export interface Refusal {
  readonly thread: ThreadRef;
  readonly threadTitle: string;
  readonly actor: Pick<Actor, 'surface' | 'id'>;
  readonly markdown: string;
}

/** Durable when it resolves; said to nobody when they were told within the hour. */
export async function tellRefusal(
  { threads, outbox, clock }: RefusalDeps,
  { thread: ref, threadTitle, actor, markdown }: Refusal,
): Promise<void> {
  const now = clock.now();
  const thread = await threads.ensure(ref, threadTitle, now);
  await outbox.openHourly(
    (hour) => `notice:refused:${actor.surface}:${actor.id}:${hour}@${thread.id}`,
    {
      threadId: thread.id,
      surface: ref.surface,
      account: ref.account,
      view: { kind: 'notice', tone: 'error', markdown },
      ...UNSENT,
      createdAt: now,
    },
  );
}
