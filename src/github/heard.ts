/** Something that somebody wrote, and how it becomes a message of core. */
import type { Caller } from '../core/model/actor.ts';
import type { InboundMessage } from '../core/ports/stores.ts';
import { threadRef, type Place } from './address.ts';
import type { Edge } from './deps.ts';
import { tell } from './notice.ts';
import type { Given } from './prompts/given.ts';
import { askedText } from './prompts/quoted.ts';
import type { Subject } from './triggers.ts';
import type { GitHubUser } from './webhooks/payloads.ts';

export interface Heard {
  readonly place: Place;
  readonly title: string;
  readonly by: GitHubUser;
  /** Derived from what was written, not from the delivery: two deliveries of it are one message. */
  readonly deliveryId: string;
  /** What gets the reaction; null: nothing can. */
  readonly subject: Subject | null;
  readonly text: string;
  /** For us without a mention (a label). */
  readonly addressed?: boolean;
  /** Asked for only when the text becomes a prompt. `since`: 0 in a thread that is new to us. */
  readonly context: (since: number) => Promise<Given>;
  readonly at: number;
}

/** Hands it to core, and lets it be shown that it was seen. */
export async function accept(
  edge: Edge,
  heard: Heard,
  { actor, roles }: Caller,
  { blocks, tainted, notice }: Given,
  released?: InboundMessage['released'],
): Promise<void> {
  const { inbound, triggers } = edge;
  const { deliveryId, subject, title, addressed = false, at } = heard;
  const text = askedText(heard.text);
  if (subject !== null) await triggers.remember(deliveryId, subject);
  const thread = threadRef(heard.place);
  const message = { deliveryId, thread, threadTitle: title, actor, roles, text, addressed };
  const stored = await inbound.accept({
    ...message,
    receivedAt: at,
    ...(blocks.length > 0 ? { context: blocks } : {}),
    ...(tainted ? { tainted } : {}),
    ...(released === undefined ? {} : { released }),
  });
  if (notice !== undefined) {
    const key = notice.once === 'thread' ? 'context' : `context:${deliveryId}`;
    await tell(edge, { thread, title, key, tone: 'info', markdown: notice.markdown });
  }
  if (stored !== 'stored' || subject === null) return;
  // Not waited for: it is the least of what is to be done.
  void edge.showSeen(heard.place, subject);
}
