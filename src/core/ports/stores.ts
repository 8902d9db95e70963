/** The smaller stores. Every method is durable when it resolves; unknown ids give undefined. */
import type { Actor, Role } from '../model/actor.ts';
import type { AgentTemplate } from '../model/agent.ts';
import type { ContentBlock } from '../model/content.ts';
import type { Decision } from '../model/decision.ts';
import type { SessionId, ThreadId, TokenId } from '../model/ids.ts';
import type { OutboxMessage } from '../model/message.ts';
import type { Thread, ThreadRef } from '../model/thread.ts';
import type { Page } from './session-store.ts';

/** A message of a person, as every edge hands it to core. */
export interface InboundMessage {
  /** Unique per surface: a redelivery has the same one and is a no-op. */
  readonly deliveryId: string;
  readonly thread: ThreadRef;
  readonly threadTitle: string;
  readonly actor: Actor;
  /** Roles of the actor on this thread, looked up by the edge. */
  readonly roles: readonly Role[];
  /** As written; quotes and code still in. */
  readonly text: string;
  /**
   * What the agent should know besides `text` (the issue, a review comment's code), before it in the
   * prompt. Blocks of the type `resource` do not count as what the person said.
   */
  readonly context?: readonly ContentBlock[] | undefined;
  /** The message addresses us (a mention, a direct message, our own page). */
  readonly addressed: boolean;
  readonly receivedAt: number;
  /** There is text in `text` or `context` by people who may not start work here. */
  readonly tainted?: boolean | undefined;
  /**
   * Written by somebody who may not start work here; a person who may lets it run. It is a prompt
   * whatever it says: an outsider gives no commands and sets no options.
   */
  readonly released?: { readonly readOnly: boolean } | undefined;
  /**
   * The person changed an earlier message of theirs (`of`: its deliveryId) instead of writing a new
   * one: `text` is what it reads now, empty when it was deleted. `restored`: it is for us again, after
   * it had been taken back.
   */
  readonly change?:
    | { readonly of: string; readonly kind: 'edited' | 'restored' | 'deleted' }
    | undefined;
}

/** Durable dedupe of what came in; rows are worked off by a level-triggered worker. */
export interface Inbox {
  /** Stored before the ack. `duplicate`: this delivery is known, whatever became of it. */
  accept(message: InboundMessage): Promise<'stored' | 'duplicate'>;
  /** Unfinished ones, oldest first. */
  pending(limit: number): Promise<readonly InboundMessage[]>;
  done(surface: string, deliveryId: string): Promise<void>;
  /** Gives it up: `error` is kept for whoever looks. */
  failed(surface: string, deliveryId: string, error: string): Promise<void>;
}

/** A thread bound to a session. `presentedSeq`: events up to here have their messages opened. */
export interface Binding {
  readonly threadId: ThreadId;
  readonly sessionId: SessionId;
  readonly presentedSeq: number;
  readonly boundAt: number;
}

export interface ThreadStore {
  /** The thread of this address; made when new. */
  ensure(ref: ThreadRef, title: string, at: number): Promise<Thread>;
  thread(id: ThreadId): Promise<Thread | undefined>;
  /** The thread of this address if it is known; makes none. */
  find(ref: ThreadRef): Promise<Thread | undefined>;
  /** Known threads whose key goes on from this one's with a `/`. */
  below(ref: ThreadRef): Promise<readonly Thread[]>;
  /** Newest `updatedAt` first. */
  threads(surface: string, cursor: string | null, limit: number): Promise<Page<Thread>>;
  touch(id: ThreadId, at: number): Promise<void>;
  /** Idempotent; the newest binding of a thread is its active one. */
  bind(threadId: ThreadId, sessionId: SessionId, at: number): Promise<void>;
  unbind(threadId: ThreadId, sessionId: SessionId): Promise<void>;
  bindingsOfThread(threadId: ThreadId): Promise<readonly Binding[]>;
  bindingsOfSession(sessionId: SessionId): Promise<readonly Binding[]>;
}

export interface OutboxStore {
  /**
   * Opens messages (a key that exists stays as it is) and moves the binding's `presentedSeq`, in
   * one transaction. Without `binding`: a notice that belongs to no session.
   */
  open(
    messages: readonly OutboxMessage[],
    binding?: { threadId: ThreadId; sessionId: SessionId; presentedSeq: number },
  ): Promise<void>;
  message(key: string): Promise<OutboxMessage | undefined>;
  /** Messages neither settled nor given up, oldest first. */
  unsettled(): Promise<readonly OutboxMessage[]>;
  /** Compare-free update by key: the caller holds the account's lease with `epoch`; else fenced. */
  update(
    key: string,
    lease: { key: string; epoch: number },
    patch: Partial<
      Pick<OutboxMessage, 'state' | 'externalId' | 'sentHash' | 'attempts' | 'notBefore' | 'error'>
    >,
  ): Promise<'ok' | 'fenced'>;
}

export interface TemplateStore {
  /** Upserts managed ones (a change makes a new version), prunes managed ones not named, never touches the user's. */
  syncManaged(templates: readonly Omit<AgentTemplate, 'version' | 'managed'>[]): Promise<void>;
  templates(): Promise<readonly AgentTemplate[]>;
  /** The newest version, or the asked one. */
  template(id: string, version?: number): Promise<AgentTemplate | undefined>;
  /** Inserts, or adds a version; `duplicate` when `expectNew` and the id exists. */
  save(
    template: Omit<AgentTemplate, 'version' | 'managed'>,
    expectNew: boolean,
  ): Promise<AgentTemplate | 'duplicate' | 'managed'>;
  remove(id: string): Promise<'removed' | 'not_found' | 'managed'>;
}

export interface ApiToken {
  readonly id: TokenId;
  readonly name: string;
  readonly scopes: readonly ('read' | 'run' | 'approve' | 'admin')[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

/** Logins of the page that were ended before their time, so that a copy of the cookie is too. */
export interface LogoutStore {
  /** `at` and `forgetBefore`: milliseconds; ends before that are forgotten. */
  add(login: string, at: number, forgetBefore: number): Promise<void>;
  has(login: string): Promise<boolean>;
}

export interface TokenStore {
  /** `hash` is the SHA-256 of the whole token, hex; the token itself is never stored. */
  insert(token: ApiToken, hash: string): Promise<void>;
  byHash(hash: string): Promise<ApiToken | undefined>;
  /** Best effort, at most once a minute per token is enough. */
  used(id: TokenId, at: number): Promise<void>;
  tokens(): Promise<readonly ApiToken[]>;
  remove(id: TokenId): Promise<boolean>;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

/** Idempotency keys of REST calls, scoped by caller and route. Kept 24 h. */
export interface IdempotencyStore {
  /**
   * First use: stores the request's hash and gives `new`. Again with the same hash: the answer, or
   * `running` when there is none yet. With another hash: `mismatch`.
   */
  begin(
    scope: string,
    key: string,
    requestHash: string,
    at: number,
  ): Promise<
    { state: 'new' | 'running' | 'mismatch' } | { state: 'answered'; answer: StoredAnswer }
  >;
  finish(scope: string, key: string, answer: StoredAnswer): Promise<void>;
  /** Forgets keys begun before `before`. */
  prune(before: number): Promise<void>;
}

export interface DecisionLog {
  append(decision: Decision): Promise<void>;
  /** Newest first. */
  decisions(cursor: string | null, limit: number): Promise<Page<Decision>>;
}

/** A message on a surface whose messages live with us (the web thread). */
export interface HostedMessage {
  readonly id: string;
  readonly threadId: ThreadId;
  /** Identity across retries: posting the same key again gives the first message. */
  readonly key: string;
  readonly author: Actor;
  /** Surface-specific body, serialised. */
  readonly body: string;
  /** Order within the thread, from 1. */
  readonly ordinal: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface HostedMessageStore {
  /** Idempotent by (threadId, key). */
  post(message: Omit<HostedMessage, 'ordinal'>): Promise<HostedMessage>;
  /** False when there is no such message. */
  edit(id: string, body: string, at: number): Promise<boolean>;
  byKey(threadId: ThreadId, key: string): Promise<HostedMessage | undefined>;
  /** Ascending by ordinal; with `updatedSince` only those with `updatedAt >= updatedSince`. */
  messages(threadId: ThreadId, updatedSince?: number): Promise<readonly HostedMessage[]>;
}
