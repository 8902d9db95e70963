/**
 * What a person writes. Invariant: sending again with the same id, whenever and however often, is
 * one message. It is shown first and accepted then, so whatever it causes stands below it; when the
 * second step fails the page sends it again.
 */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../../core/model/actor.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Thread } from '../../core/model/thread.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { HostedMessageStore, InboundMessage, ThreadStore } from '../../core/ports/stores.ts';
import type { WakeBus } from '../../core/ports/wake-bus.ts';
import { renderPersonText } from '../renderers/message.ts';

export interface Inbound {
  /** Durable when it resolves; the same delivery again is no second message. */
  accept(message: InboundMessage): Promise<unknown>;
}

export interface WriteDeps {
  readonly hosted: HostedMessageStore;
  readonly threads: ThreadStore;
  readonly inbound: Inbound;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
}

export interface Written {
  /** Made by the page, once for each message: 8 to 64 of `A-Z a-z 0-9 -`. */
  readonly id: string;
  readonly text: string;
}

const LONGEST_TEXT = 200_000;
const LONGEST_TITLE = 80;

/** Checks what a form sent. */
export function parseWritten(fields: Readonly<Record<string, unknown>>): Written {
  const { id, text } = fields;
  if (typeof id !== 'string' || !/^[A-Za-z0-9-]{8,64}$/.test(id)) {
    throw new AppError('invalid', 'The message has no id. Reload the page and send it again.');
  }
  if (typeof text !== 'string' || text.trim() === '') {
    throw new AppError('invalid', 'The message is empty. Write something first.');
  }
  if (text.length > LONGEST_TEXT) {
    throw new AppError(
      'too_large',
      'The message is too long: at most 200,000 characters fit. Put the rest into a file.',
    );
  }
  return { id, text: text.replaceAll('\r\n', '\n').replaceAll('\0', '') };
}

/** The thread of the first message with this id, made when new. */
export function openThread(deps: WriteDeps, written: Written): Promise<Thread> {
  const line = written.text.trim().split('\n', 1)[0] ?? '';
  const title = line.length > LONGEST_TITLE ? `${line.slice(0, LONGEST_TITLE - 1)}…` : line;
  const ref = { surface: 'web', account: 'web', key: written.id };
  return deps.threads.ensure(ref, title, deps.clock.now());
}

/** `command`: what core is told instead of the text, when the page adds to it. */
export async function writeMessage(
  deps: WriteDeps,
  caller: Caller,
  thread: Thread,
  written: Written,
  command = written.text,
): Promise<void> {
  const { hosted, threads, inbound, wakeBus, clock } = deps;
  const deliveryId = `${thread.id}:${written.id}`;
  const now = clock.now();
  await hosted.post({
    id: randomUUID(),
    threadId: thread.id,
    key: `written:${deliveryId}`,
    author: caller.actor,
    body: renderPersonText(written.text).html,
    createdAt: now,
    updatedAt: now,
  });
  await threads.touch(thread.id, now);
  wakeBus.publish('hosted', thread.id);
  await inbound.accept({
    deliveryId,
    thread: thread.ref,
    threadTitle: thread.title,
    actor: caller.actor,
    roles: caller.roles,
    text: command,
    addressed: true,
    receivedAt: now,
  });
}

/** The first message of a thread with the chosen agent before it; commands stay as they are. */
export function withAgent(text: string, agent: unknown): string {
  const isCommand = /^\s*[/!]/.test(text);
  const named = /^\s*(\w+=\S+\s+)*agent=/i.test(text);
  return typeof agent !== 'string' || agent === '' || isCommand || named
    ? text
    : `agent=${agent} ${text}`;
}
