/** What listeners share. */
import type { ActionTokens } from '../../core/access/action-token.ts';
import type { Pace } from '../../core/outbox/pace.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { DecisionLog, InboundMessage, ThreadStore } from '../../core/ports/stores.ts';
import type { SessionService } from '../../core/sessions/service.ts';
import type { SessionStatuses } from '../client/session-status.ts';
import type { People } from '../client/people.ts';
import type { Reactions } from '../client/reactions.ts';
import type { Workspaces } from '../client/workspaces.ts';
import type { Heard } from '../heard.ts';
import type { Homes } from '../home.ts';
import type { SlackAccess } from '../options.ts';
import type { Triggers } from '../triggers.ts';
import type { Refused } from './refuse.ts';

export interface ListenerDeps {
  readonly inbound: { accept(message: InboundMessage): Promise<'stored' | 'duplicate'> };
  readonly sessions: SessionService;
  readonly threads: ThreadStore;
  readonly decisions: Pick<DecisionLog, 'append'>;
  readonly actionTokens: ActionTokens;
  readonly workspaces: Workspaces;
  readonly people: People;
  /** Of reading threads. */
  readonly pace: Pace;
  readonly statuses: SessionStatuses;
  readonly reactions: Reactions;
  readonly triggers: Triggers;
  readonly homes: Homes;
  readonly heard: Heard;
  /** The workspace does not want us any more. */
  readonly forget: (team: string) => Promise<void>;
  /** Whether a reply without a mention goes on with its thread's session. */
  readonly untaggedReplies: boolean;
  readonly access: SlackAccess;
  readonly refused: Refused;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** From which workspace and app a payload comes. */
export interface Source {
  readonly team: string;
  /** Our own app's id: what comes from it is never answered. */
  readonly appId: string | undefined;
}
