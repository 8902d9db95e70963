/**
 * A place that shows sessions and where people answer. Add one: implement this port, hand inbound
 * messages to `Inbound.accept`, register it in `app.ts`. `src/web/` is the reference.
 */
import type { Actor } from '../model/actor.ts';
import type { PromptId, SessionId } from '../model/ids.ts';
import type { OutsiderRequest } from '../model/message.ts';
import type { ThreadRef } from '../model/thread.ts';
import type { PermissionView, Transcript, TurnView } from '../model/transcript.ts';

/** A MessageView with what it shows, resolved from the transcript at the time of sending. */
export type ResolvedView =
  | {
      readonly kind: 'turn';
      readonly sessionId: SessionId;
      readonly turn: TurnView;
      readonly transcript: Transcript;
    }
  | {
      readonly kind: 'permission';
      readonly sessionId: SessionId;
      readonly permission: PermissionView;
      readonly transcript: Transcript;
    }
  | ResolvedNotice;

/** A short text of ours; most are settled at once. */
export interface ResolvedNotice {
  readonly kind: 'notice';
  readonly tone: 'info' | 'error';
  /** Mentions nobody, whatever others wrote into it. */
  readonly markdown: string;
  /** Whom it must reach: mentioned before the text where they are known there. */
  readonly mention?: Actor | undefined;
  /** It will be edited: not settled yet. */
  readonly isOpen?: boolean | undefined;
  /** Shown with the choices of a maintainer, where a surface has them, instead of the text. */
  readonly request?: OutsiderRequest | undefined;
  /** A button, where there are any; the text says how it is done by typing. */
  readonly offer?: Offer | undefined;
}

/** Runs a prompt again with the text that it was edited to. */
export interface Offer {
  readonly label: string;
  readonly sessionId: SessionId;
  readonly promptId: PromptId;
  /** The text that would run. */
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What went wrong when posting or editing, as the outbox needs it. */
export type SendFailure =
  /** Wait this long; the whole account is throttled. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
  /** Certainly not done; may work later. */
  | { readonly kind: 'retry'; readonly message: string }
  /** May or may not have been done (timeout, broken connection): look before posting again. */
  | { readonly kind: 'unknown'; readonly message: string }
  /** Will never work; the reason is shown to whoever can mend it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The message is gone on the surface: an edit becomes a new post. */
  | { readonly kind: 'gone'; readonly message: string };

export type SendResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: SendFailure };

export interface OutboundBudget {
  /** Calls that may be made at once, and how many are regained a minute. */
  readonly burst: number;
  readonly perMinute: number;
}

export type CallKind = 'post' | 'edit' | 'find';

/** At most so many calls in any stretch of so many milliseconds. */
export interface WindowBudget {
  readonly most: number;
  readonly withinMs: number;
}

/** A budget of a kind of call, or of a place; one `name` is one budget of the account. */
export type NamedBudget = (OutboundBudget | WindowBudget) & { readonly name: string };

/**
 * What a message reads. Several bodies: one message each, in this order; the outbox posts the second
 * when the first is there, and so on. A body that is not needed any more is edited to what
 * `render` gives for a shorter text: nothing is deleted.
 */
export type Rendered = string | readonly [string, ...string[]];

/** Which of the messages of a view is meant. `mirror` null: the message itself. */
export interface MessageFacet {
  readonly key: string;
  readonly mirror: string | null;
}

export interface Surface {
  readonly name: string;
  /** Starting budget of one account; the outbox narrows it when throttled, and widens it again. */
  readonly budget: OutboundBudget;
  /**
   * Shortest time to the next progress edit of a message that is `ageMs` old and was edited `edits`
   * times. State changes, finals and permission requests do not wait for it.
   */
  progressInterval(ageMs: number, edits: number, thread?: ThreadRef): number;
  /**
   * What such a call spends besides the account's budget, the most particular first: that one is
   * narrowed when the call is throttled, and the account's own is not. `mirror` null: the message
   * itself.
   */
  budgetsOf?(thread: ThreadRef, call: CallKind, mirror: string | null): readonly NamedBudget[];
  /** Pure: what the message reads now. Equal text = nothing to send. `now` for elapsed times. */
  render(view: ResolvedView, now: number, mirror?: string | null): Rendered;
  /**
   * Further places on `thread` that show the same (a check run beside a comment), by name. Each is
   * a message of its own, opened after the message itself, and edited with it to the outcome.
   */
  mirrors?(view: ResolvedView, thread: ThreadRef): readonly string[];
  /** Posts a new message that can be found again by `key`. Gives the surface's id of it. */
  post(
    thread: ThreadRef,
    key: string,
    body: string,
    signal: AbortSignal,
    mirror?: string | null,
  ): Promise<SendResult<string>>;
  edit(
    thread: ThreadRef,
    externalId: string,
    body: string,
    signal: AbortSignal,
    facet?: MessageFacet,
  ): Promise<SendResult<null>>;
  /** Where people open the thread, when the surface can say; may ask it. */
  threadUrl?(thread: ThreadRef): Promise<string | undefined>;
  /** The id of the message that was posted with `key`, or null when there is certainly none. */
  find(
    thread: ThreadRef,
    key: string,
    signal: AbortSignal,
    mirror?: string | null,
  ): Promise<SendResult<string | null>>;
}
