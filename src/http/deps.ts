/** What the control plane is built from, and its limits. Plain values: `app.ts` fills them in. */
import type { Redact } from '../core/access/redact.ts';
import type { EventHub } from '../core/events/hub.ts';
import type { SessionId } from '../core/model/ids.ts';
import type { Standing } from '../core/platforms/reach.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { SessionStore } from '../core/ports/session-store.ts';
import type { IdempotencyStore, TemplateStore, TokenStore } from '../core/ports/stores.ts';
import type { Guard } from '../core/sessions/guard.ts';
import type { SessionService } from '../core/sessions/service.ts';
import type { Authenticated } from './auth.ts';

export interface ControlPlaneLimits {
  /** Bytes of one request body, and of one WebSocket message from a client. */
  readonly bodyBytes: number;
  /** Bytes that may wait in one socket; past them it is closed with 4408. */
  readonly socketBufferBytes: number;
  /** While a socket replays history, it is given more only below this many waiting bytes. */
  readonly replayBufferBytes: number;
  /** Channels that one socket may be subscribed to. */
  readonly channelsPerSocket: number;
  /** Malformed messages in a row after which a socket is closed. */
  readonly badMessages: number;
  /** Refused tokens a minute from one address; further ones are answered 429. */
  readonly refusedTokensPerMinute: number;
  /** Newest events that GET /sessions/:id carries as `logs`. */
  readonly sessionLogs: number;
}

export const DEFAULT_LIMITS: ControlPlaneLimits = {
  bodyBytes: 2 * 1024 * 1024,
  socketBufferBytes: 8 * 1024 * 1024,
  replayBufferBytes: 1024 * 1024,
  channelsPerSocket: 1000,
  badMessages: 20,
  refusedTokensPerMinute: 30,
  sessionLogs: 1000,
};

/** A chat thread that shows a session. */
export interface BoundThread {
  readonly id: string;
  readonly surface: string;
  readonly title: string;
}

export interface ControlPlaneDeps {
  readonly sessions: SessionService;
  readonly guard: Pick<Guard, 'check'>;
  readonly hub: EventHub;
  readonly store: Pick<SessionStore, 'events'>;
  readonly templates: TemplateStore;
  readonly tokens: TokenStore;
  readonly idempotency: IdempotencyStore;
  /** Rejects when the database does not answer. */
  readonly ping: () => Promise<void>;
  /** Sessions that are not ended; must cost the same however many there are. */
  readonly sessionCount: () => number;
  /** Whether each chat platform that is set up can be worked with; by name. */
  readonly platforms?: () => ReadonlyMap<string, Standing>;
  /** Threads bound to a session; without it `threads` is always empty. */
  readonly threadsOf?: (id: SessionId) => Promise<readonly BoundThread[]>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the sentence of an error passes. */
  readonly redact: Redact;
  readonly version: string;
  /** Where people and programs reach this server, e.g. `https://agents.example.org`. */
  readonly publicUrl: string;
  /** Origins of browser pages, beside our own, that may call the API. */
  readonly allowedOrigins: readonly string[];
  /** True from the moment that no new work is taken. */
  readonly isClosing: () => boolean;
  readonly limits?: Partial<ControlPlaneLimits>;
}

/** `deps` with every limit set, and what ends when the control plane closes. */
export interface HttpContext extends Omit<ControlPlaneDeps, 'limits'> {
  readonly limits: ControlPlaneLimits;
  /** The same token again, later: undefined when it was removed or has expired. */
  readonly recheck: (hash: string) => Promise<Authenticated | undefined>;
  /** Aborts every stream and every waiting answer. */
  readonly closed: AbortSignal;
}
