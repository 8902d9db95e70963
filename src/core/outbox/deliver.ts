/**
 * One attempt to make one message read what it should. The order of durable steps is what keeps a
 * message single: `posting` is stored before the first post, its id after; whoever finds `posting`
 * without an id looks on the surface before posting.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../model/errors.ts';
import type { MessageView, OutboxMessage } from '../model/message.ts';
import type { ThreadRef } from '../model/thread.ts';
import type { Clock } from '../ports/clock.ts';
import type { OutboxStore, ThreadStore } from '../ports/stores.ts';
import type {
  MessageFacet,
  Rendered,
  ResolvedView,
  SendFailure,
  SendResult,
  Surface,
} from '../ports/surface.ts';
import { companionsOf } from './companions.ts';
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
  /** Opens messages that are not there yet. */
  readonly openCompanions: (messages: readonly OutboxMessage[]) => Promise<void>;
}

export type Attempt = {
  /** Calls made to the surface. */
  readonly calls: number;
} & (
  | {
      readonly kind: 'posted' | 'edited' | 'unchanged';
      /** Keys of what shows the same elsewhere, or goes on: to be brought up to date too. */
      readonly companions: readonly string[];
    }
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
  readonly companions: readonly OutboxMessage[];
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
  const { row, ref } = entry;
  const bodies = deps.surface.render(view, deps.clock.now(), row.mirror ?? null);
  const { body, count } = pieceOf(bodies, row.part ?? 1);
  const hash = createHash('sha256').update(body).digest('base64url');
  const mirrors = deps.surface.mirrors?.(view, ref) ?? [];
  const companions = companionsOf(row, count, mirrors);
  const sending = { ref, body, hash, final: isFinal(view), companions };
  if (entry.row.externalId !== null && entry.row.sentHash === hash) {
    return unchanged(deps, epoch, entry, sending);
  }
  return entry.row.externalId === null
    ? first(deps, epoch, entry, sending)
    : edit(deps, epoch, entry, sending, entry.row.externalId, 0);
}

/** What a text that became shorter leaves in its further messages. */
const NOTHING_HERE = '…';

function pieceOf(bodies: Rendered, part: number): { body: string; count: number } {
  if (typeof bodies === 'string') return pieceOf([bodies], part);
  return { body: bodies[part - 1] ?? NOTHING_HERE, count: bodies.length };
}

/** A message is settled only when what belongs to it has its rows: a crash must not lose those. */
async function conclude(
  deps: DeliverDeps,
  epoch: number,
  entry: Entry,
  sending: Sending,
  patch: RowPatch,
): Promise<readonly string[]> {
  const { companions, final } = sending;
  if (companions.length > 0) {
    if (Object.keys(patch).length > 0)
      await save(deps, epoch, entry, { ...patch, state: 'wanted' });
    await deps.openCompanions(companions);
    if (final) await save(deps, epoch, entry, { state: 'settled' });
  } else {
    await save(deps, epoch, entry, { ...patch, state: final ? 'settled' : 'wanted' });
  }
  return companions.map(({ key }) => key);
}

async function unchanged(
  deps: DeliverDeps,
  epoch: number,
  entry: Entry,
  sending: Sending,
): Promise<Attempt> {
  if (sending.final && entry.row.state !== 'settled') {
    const companions = await conclude(deps, epoch, entry, sending, SENT_WELL);
    return { kind: 'unchanged', calls: 0, companions };
  }
  if (sending.companions.length > 0) await deps.openCompanions(sending.companions);
  const companions = sending.companions.map(({ key }) => key);
  return { kind: 'unchanged', calls: 0, companions };
}

/** The first post, or the discovery that it was made before. */
async function first(
  deps: DeliverDeps,
  epoch: number,
  entry: Entry,
  sending: Sending,
): Promise<Attempt> {
  const { key, mirror } = facetOf(entry.row);
  let calls = 0;
  if (entry.mustFind) {
    calls += 1;
    const found = await bounded(deps, (signal) =>
      deps.surface.find(sending.ref, key, signal, mirror),
    );
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
  const posted = await bounded(deps, (signal) => deps.surface.post(ref, key, body, signal, mirror));
  if (!posted.ok) return { kind: 'failed', failure: posted.failure, during: 'post', calls };
  entry.sentAt = deps.clock.now();
  const patch = { externalId: posted.value, sentHash: hash, ...SENT_WELL };
  const companions = await conclude(deps, epoch, entry, sending, patch);
  return { kind: 'posted', calls, companions };
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
  const edited = await bounded(deps, (signal) =>
    deps.surface.edit(ref, externalId, body, signal, facetOf(entry.row)),
  );
  if (!edited.ok) return { kind: 'failed', failure: edited.failure, during: 'edit', calls };
  entry.edits += 1;
  entry.sentAt = deps.clock.now();
  const companions = await conclude(deps, epoch, entry, sending, { sentHash: hash, ...SENT_WELL });
  return { kind: 'edited', calls, companions };
}

const facetOf = ({ key, mirror }: OutboxMessage): MessageFacet => ({ key, mirror: mirror ?? null });

function bounded<T>(
  deps: DeliverDeps,
  call: (signal: AbortSignal) => Promise<SendResult<T>>,
): Promise<SendResult<T>> {
  return withDeadline(deps.clock, deps.deadlineMs, deps.stop, call);
}
