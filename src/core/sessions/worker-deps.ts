/** What the worker of a session is made from; the manager passes it on. */
import type { EventHub } from '../events/hub.ts';
import type { AgentConnector } from '../ports/agent.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { WakeBus } from '../ports/wake-bus.ts';
import type { DecidePermission } from './permission-desk.ts';
import type { TurnLimits } from './turn.ts';

export interface WorkerDeps {
  readonly store: SessionStore;
  readonly hub: EventHub;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runtimes: ReadonlyMap<string, Runtime>;
  readonly connector: AgentConnector;
  readonly environment: (names: readonly string[]) => Readonly<Record<string, string>>;
  readonly decide: DecidePermission;
  /** Characters at the end of streamed text that wait, because a secret may begin there. */
  readonly holdBack?: ((text: string) => number) | undefined;
  readonly limits: TurnLimits;
  /** Life of a pending permission request. */
  readonly permissionExpiryMs: number;
}
