/** What the page gets from the program, and how its addresses are guarded. */
import type { MiddlewareHandler } from 'hono';
import type { ActionTokens } from '../core/access/action-token.ts';
import type { Redact } from '../core/access/redact.ts';
import type { Caller } from '../core/model/actor.ts';
import type { SessionId } from '../core/model/ids.ts';
import type { ThreadRef } from '../core/model/thread.ts';
import type { Transcript } from '../core/model/transcript.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/logger.ts';
import type {
  HostedMessageStore,
  LogoutStore,
  TemplateStore,
  ThreadStore,
} from '../core/ports/stores.ts';
import type { WakeBus } from '../core/ports/wake-bus.ts';
import type { SessionService } from '../core/sessions/service.ts';
import type { Login } from './login.ts';
import type { Inbound } from './routes/write.ts';

export interface WebAppDeps {
  readonly hosted: HostedMessageStore;
  readonly logouts: LogoutStore;
  readonly threads: ThreadStore;
  readonly inbound: Inbound;
  readonly sessions: SessionService;
  /** With every event that was in the log when it was asked. */
  readonly transcript: (id: SessionId) => Promise<Transcript>;
  /** Where people open a thread of another surface, when it can say. */
  readonly threadUrl: (ref: ThreadRef) => Promise<string | undefined>;
  readonly templates: Pick<TemplateStore, 'templates'>;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the sentence of an error passes. */
  readonly redact: Redact;
  readonly login: Login;
  /** Secret of the login cookie: changing it logs everybody out. */
  readonly cookieKey: Uint8Array;
  /** Where people reach the page; https makes the cookie secure. */
  readonly publicUrl: string;
  readonly actionTokens: ActionTokens;
  /** Template that a new thread offers first. */
  readonly defaultAgent: string;
}

/** `login`: of the cookie that was shown. */
export type WebEnv = { Variables: { caller: Caller; login: string } };

export interface Guards {
  readonly open: readonly [MiddlewareHandler];
  /** For looking: logged in. */
  readonly look: readonly [MiddlewareHandler, MiddlewareHandler<WebEnv>];
  /** For changes of who is not logged in yet. */
  readonly enter: readonly [MiddlewareHandler, MiddlewareHandler, MiddlewareHandler];
  readonly change: readonly [
    MiddlewareHandler,
    MiddlewareHandler,
    MiddlewareHandler,
    MiddlewareHandler<WebEnv>,
  ];
}
