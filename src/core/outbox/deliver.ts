/**
 * One attempt to make one message read what it should. The order of durable steps is what keeps a
 * message single: `posting` is stored before the first post, its id after; whoever finds `posting`
 * without an id looks on the surface before posting.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../model/errors.ts';
import type { MessageView } from '../model/message.ts';
import type { ThreadRef } from '../model/thread.ts';
import type { Clock } from '../ports/clock.ts';
import type { OutboxStore, ThreadStore } from '../ports/stores.ts';
import type { ResolvedView, SendFailure, SendResult, Surface } from '../ports/surface.ts';
import { withDeadline } from './deadline.ts';
import { isFinal, type Entry, type RowPatch } from './entry.ts';

export interface DeliverDeps {
  readonly store: OutboxStore;
  readonly threads: ThreadStore;
  readonly surface: Surface;
  readonly resolve: (view: MessageView) => Promise<ResolvedView | 'gone'>;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly stop: AbortSignal;
  readonly leaseKey: string;
}

export type Attempt = {
  /** Calls made to the surface. */
  readonly calls: number;
} & (
  | { readonly kind: 'posted' | 'edited' | 'unchanged' }
  | { readonly kind: 'failed'; readonly failure: SendFailure; readonly during: Step }
  /** There is nothing (left) to show, or nowhere. */
  | { readonly kind: 'void'; readonly reason: string }
  /** It was given up before, and that is stored now. */
  | { readonly kind: 'over' }
);

export type Step = 'find' | 'post' | 'edit';

/** A thread and its message, ready to be sent. */
interface Sending {
  readonly ref: ThreadRef;
  readonly body: string;
  readonly hash: string;
  readonly final: boolean;
}

/**
 * Stores `patch`, together with what an earlier failure left unstored. Throws AppError `fenced`
 * when the account has another owner now, and whatever the store throws.
 */
export async function save(
  deps: Pick<DeliverDeps, 'store' | 'leaseKey'>,
  epoch: number,
  entry: Entry,
  patch: RowPatch,
): Promise<void> {
  entry.row = { ...entry.row, ...patch };
  entry.unsaved = { ...entry.unsaved, ...patch };
  const lease = { key: deps.leaseKey, epoch };
  const result = await deps.store.update(entry.row.key, lease, entry.unsaved);
  if (result === 'fenced') throw new AppError('fenced', 'Another process sends for this account.');
  entry.unsaved = undefined;
}

const SENT_WELL: RowPatch = { attempts: 0, notBefore: 0, error: null };

/** Throws what `save`, `resolve` and `render` throw; everything that the surface does is a result. */
export async function deliver(deps: DeliverDeps, epoch: number, entry: Entry): Promise<Attempt> {
  if (entry.unsaved !== undefined) await save(deps, epoch, entry, {});
  if (entry.row.state === 'given_up') return { kind: 'over', calls: 0 };
  entry.ref ??= (await deps.threads.thread(entry.row.threadId))?.ref;
  if (entry.ref === undefined) return { kind: 'void', reason: 'its thread is gone', calls: 0 };
  const view = await deps.resolve(entry.row.view);
  if (view === 'gone') return { kind: 'void', reason: 'what it shows is gone', calls: 0 };
  const body = deps.surface.render(view, deps.clock.now());
  const hash = createHash('sha256').update(body).digest('base64url');
  const sending = { ref: entry.ref, body, hash, final: isFinal(view) };
  if (entry.row.externalId !== null && entry.row.sentHash === hash) {
    return unchanged(deps, epoch, entry, sending);
  }
  return entry.row.externalId === null
    ? first(deps, epoch, entry, sending)
    : edit(deps, epoch, entry, sending, entry.row.externalId, 0);
}

async function unchanged(
  deps: DeliverDeps,
  epoch: number,
  entry: Entry,
  sending: Sending,
): Promise<Attempt> {
  if (sending.final && entry.row.state !== 'settled') {
    await save(deps, epoch, entry, { state: 'settled', ...SENT_WELL });
  }
  return { kind: 'unchanged', calls: 0 };
}

/** The first post, or the discovery that it was made before. */
async function first(
  deps: DeliverDeps,
  epoch: number,
  entry: Entry,
  sending: Sending,
): Promise<Attempt> {
  const key = entry.row.key;
  let calls = 0;
  if (entry.mustFind) {
    calls += 1;
    const found = await bounded(deps, (signal) => deps.surface.find(sending.ref, key, signal));
    if (!found.ok) return { kind: 'failed', failure: found.failure, during: 'find', calls };
    entry.mustFind = false;
    if (found.value !== null) {
      await save(deps, epoch, entry, { externalId: found.value, sentHash: null, state: 'wanted' });
      return edit(deps, epoch, entry, sending, found.value, calls);
    }
  }
  if (entry.row.state !== 'posting') await save(deps, epoch, entry, { state: 'posting' });
  calls += 1;
  const { ref, body, hash } = sending;
  const posted = await bounded(deps, (signal) => deps.surface.post(ref, key, body, signal));
  if (!posted.ok) return { kind: 'failed', failure: posted.failure, during: 'post', calls };
  const state = sending.final ? 'settled' : 'wanted';
  entry.sentAt = deps.clock.now();
  await save(deps, epoch, entry, {
    externalId: posted.value,
    sentHash: hash,
    state,
    ...SENT_WELL,
  });
  return { kind: 'posted', calls };
}

async function edit(
  deps: DeliverDeps,
  epoch: number,
  entry: Entry,
  sending: Sending,
  externalId: string,
  callsBefore: number,
): Promise<Attempt> {
  const calls = callsBefore + 1;
  const { ref, body, hash } = sending;
  const edited = await bounded(deps, (signal) => deps.surface.edit(ref, externalId, body, signal));
  if (!edited.ok) return { kind: 'failed', failure: edited.failure, during: 'edit', calls };
  entry.edits += 1;
  entry.sentAt = deps.clock.now();
  const state = sending.final ? 'settled' : 'wanted';
  await save(deps, epoch, entry, { sentHash: hash, state, ...SENT_WELL });
  return { kind: 'edited', calls };
}

function bounded<T>(
  deps: DeliverDeps,
  call: (signal: AbortSignal) => Promise<SendResult<T>>,
): Promise<SendResult<T>> {
  return withDeadline(deps.clock, deps.deadlineMs, deps.stop, call);
}
