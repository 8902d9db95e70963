/** What this folder gets from the program, and what it makes of it for its own files. */
import type { ActionTokens } from '../core/access/action-token.ts';
import type { Inbound } from '../core/inbound/inbound.ts';
import type { OutsiderRequest } from '../core/model/message.ts';
import type { Outbox } from '../core/outbox/outbox.ts';
import type { Pace } from '../core/outbox/pace.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { DeliveryStore } from '../core/ports/deliveries.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { DecisionLog, ThreadStore } from '../core/ports/stores.ts';
import type { WakeBus } from '../core/ports/wake-bus.ts';
import type { Guard } from '../core/sessions/guard.ts';
import type { SessionService } from '../core/sessions/service.ts';
import type { Comments } from './client/comments.ts';
import type { Identity } from './client/identity.ts';
import type { GitHubAuth } from './client/octokit.ts';
import type { Permissions } from './client/permissions.ts';
import type { ShowSeen } from './client/reactions.ts';
import type { Repositories } from './client/repositories.ts';
import type { CardLimit } from './outsiders.ts';
import type { GitHubOptions } from './options.ts';
import type { Marks } from './renderers/marker.ts';
import type { Triggers } from './triggers.ts';

/** Of the program's `app.ts`. */
export interface GitHubDeps {
  readonly inbound: Pick<Inbound, 'accept'>;
  readonly sessions: SessionService;
  readonly threads: ThreadStore;
  readonly deliveries: DeliveryStore;
  readonly decisions: DecisionLog;
  /** For notices of this folder; made after the surface, so it is asked for when it is needed. */
  readonly outbox: () => Pick<Outbox, 'open' | 'openHourly' | 'message'>;
  readonly actionTokens: ActionTokens;
  readonly leases: Leases;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: GitHubOptions;
}

/** Of every file that handles an event. */
export interface Edge extends GitHubDeps {
  readonly auth: GitHubAuth;
  readonly identity: Identity;
  readonly repositories: Repositories;
  readonly permissions: Permissions;
  /** Of reading what a prompt is about. */
  readonly pace: Pace;
  readonly comments: Comments;
  readonly marks: Marks;
  readonly triggers: Triggers;
  readonly showSeen: ShowSeen;
  readonly guard: Guard;
  readonly cardLimit: CardLimit;
  /** A request of somebody who may not; `edited`: after it had been shown. */
  readonly card: (request: OutsiderRequest, edited?: boolean) => string;
}
