/**
 * What a failed attempt means for its message: when it is tried again, what its row remembers, and
 * when it is given up. Pure; the account carries it out.
 */
import type { OutboxMessage } from '../model/message.ts';
import type { SendFailure } from '../ports/surface.ts';
import { backoffMs, type Backoff } from '../ports/backoff.ts';
import type { Step } from './deliver.ts';
import type { RowPatch } from './entry.ts';

export interface Consequence {
  readonly patch: RowPatch;
  /** The outcome of a post is open: look before posting again. */
  readonly mustFind: boolean;
  readonly givenUp: boolean;
}

export interface FailureRules {
  readonly maxAttempts: number;
  readonly backoff: Backoff;
}

/** For every kind but `throttled`, which says nothing about the message. */
export function consequenceOf(
  row: OutboxMessage,
  mustFind: boolean,
  failure: Exclude<SendFailure, { kind: 'throttled' }>,
  during: Step,
  now: number,
  rules: FailureRules,
): Consequence {
  const attempts = row.attempts + 1;
  const error = failure.message;
  const isRefused = failure.kind === 'refused' || (failure.kind === 'gone' && during !== 'edit');
  if (isRefused || attempts >= rules.maxAttempts) {
    return { patch: { state: 'given_up', attempts, error }, mustFind: false, givenUp: true };
  }
  const notBefore = now + backoffMs(rules.backoff, attempts);
  const base = { attempts, error, notBefore } as const;
  if (failure.kind === 'gone') {
    const patch = { ...base, externalId: null, sentHash: null, state: 'wanted' } as const;
    return { patch: { ...patch, notBefore: now }, mustFind: false, givenUp: false };
  }
  if (row.externalId !== null) return { patch: base, mustFind: false, givenUp: false };
  const look = mustFind || (failure.kind === 'unknown' && during === 'post');
  const state = look ? 'posting' : 'wanted';
  return { patch: { ...base, state }, mustFind: look, givenUp: false };
}
