/**
 * Messages that we mean to be visible on a thread. The view says what; a surface's renderer says
 * how it reads; the outbox says when.
 */
import type { PromptId, RequestId, SessionId, ThreadId } from './ids.ts';

/** What one message shows. All but `notice` are read from the transcript when sent. */
export type MessageView =
  | { readonly kind: 'turn'; readonly sessionId: SessionId; readonly promptId: PromptId }
  | { readonly kind: 'permission'; readonly sessionId: SessionId; readonly requestId: RequestId }
  /** That a request still waits, when half of its time is over; edited to the outcome. */
  | { readonly kind: 'reminder'; readonly sessionId: SessionId; readonly requestId: RequestId }
  /** That what was asked was edited too late, with the offer to run it again so. */
  | { readonly kind: 'edit'; readonly sessionId: SessionId; readonly promptId: PromptId }
  /** A short text of ours, as Markdown: help, a refusal, an error. Never edited. */
  | {
      readonly kind: 'notice';
      readonly tone: 'info' | 'error';
      readonly markdown: string;
      /** Shown with the choices of a maintainer, where a surface has them, instead of the text. */
      readonly request?: OutsiderRequest | undefined;
    };

/** What somebody asks who may not start work: nothing runs before a maintainer let it. */
export interface OutsiderRequest {
  /** Of this request, on its surface. */
  readonly id: string;
  readonly name: string;
  /** Whole, as it was read last. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Lower is sooner (architecture.md, decision 7). */
export const PRIORITY = { permission: 0, final: 1, state: 2, progress: 3 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/**
 * wanted: shall be sent (again). posting: a first post was begun and its outcome is unknown, so it
 * is looked for by its key before it is posted again. settled: final and visible. given_up: `error`
 * says why.
 */
export type OutboxState = 'wanted' | 'posting' | 'settled' | 'given_up';

/** One message's durable intent. `key` is its identity on every restart and on the surface. */
export interface OutboxMessage {
  readonly key: string;
  readonly threadId: ThreadId;
  readonly surface: string;
  readonly account: string;
  readonly view: MessageView;
  readonly state: OutboxState;
  /** The surface's id of the posted message; null before the first post succeeded. */
  readonly externalId: string | null;
  /** Hash of the body that the surface shows now; null before the first post. */
  readonly sentHash: string | null;
  readonly attempts: number;
  /** Not before this time (ms), after a failure. */
  readonly notBefore: number;
  readonly error: string | null;
  readonly createdAt: number;
  /** Name of the mirror (Surface.mirrors) that this one is; absent: the message itself. */
  readonly mirror?: string | undefined;
  /** Which piece of a long text this is, from 2; absent: the first, and usually the only one. */
  readonly part?: number | undefined;
}

/** How every message begins. */
export const UNSENT = {
  state: 'wanted',
  externalId: null,
  sentHash: null,
  attempts: 0,
  notBefore: 0,
  error: null,
} as const satisfies Partial<OutboxMessage>;
