/** What the contract suite needs of a surface: people who use it, and what they see there. */
import type { FakeAgents } from '../harness/fake-agent.ts';
import type { ManualClock } from '../harness/manual-clock.ts';
import type { CoreStores } from '../harness/core-bench.ts';

/**
 * `asker` starts the thread and may run; `maintainer` may do everything (on a surface of one person
 * it is the same one); `outsider` may do nothing that changes anything.
 */
export type Person = 'asker' | 'maintainer' | 'outsider';

/** A message that a person wrote. */
export interface Written {
  readonly id: string;
}

/** A button (or box) that somebody had before them, whether it is still there or not. */
export interface Button {
  readonly label: string;
}

/** One surface with its server, one thread on it, and the agent that works there. */
export interface SurfaceBench {
  readonly clock: ManualClock;
  readonly agents: FakeAgents;
  readonly stores: CoreStores;
  /** Resolves when nothing is under way on the wire; time stands still meanwhile. */
  quiet(): Promise<void>;
  /** The first message, addressed to us: it opens the thread that all below is about. */
  start(person: Person, text: string): Promise<Written>;
  /** A further message to us, as people write it there. */
  say(person: Person, text: string): Promise<Written>;
  /** A command, as people write it there: `stop`, `steer look again`, `approve k7`. */
  command(person: Person, text: string): Promise<Written>;
  /** The surface delivers this message once more, as after a lost acknowledgement. */
  deliverAgain(message: Written): Promise<void>;
  edit(message: Written, text: string): Promise<void>;
  remove(message: Written): Promise<void>;
  /** Our messages in the thread as everybody reads them now, oldest first, as plain text. */
  shown(): Promise<readonly string[]>;
  /** What only this person was told, oldest first: ephemeral messages, answers to a press. */
  told(person: Person): Promise<readonly string[]>;
  /** What we put on this message of a person: how its turn ended, oldest first. */
  marks(message: Written): Promise<readonly ('ok' | 'bad')[]>;
  /** Buttons that answer requests, and can be pressed now. */
  buttons(): Promise<readonly Button[]>;
  press(person: Person, button: Button): Promise<void>;
  /** The server is stopped in good order, and another started on the same stores. */
  restart(): Promise<void>;
  /** Ends everything. Throws when the surface's fake has seen a violation. */
  close(): Promise<void>;
}

/** What a surface may lack; the reason stands in the name of the skipped test. */
export type Ability =
  | 'edit'
  | 'remove'
  | 'press'
  /** Who may do nothing sees the thread, and can write or press there. */
  | 'outsiderSpeaks'
  | 'outsiderPresses'
  | 'marks'
  | 'deliverAgain';

export interface SurfaceUnderTest {
  readonly name: string;
  /** Abilities that it lacks, each with the reason. */
  readonly lacks: Partial<Readonly<Record<Ability, string>>>;
  /** What people ask who may not is shown to maintainers, each request on a card of its own. */
  readonly showsRequests?: boolean;
  /** Most characters of one answer that it shows whole. */
  readonly longAnswer: number;
  open(): Promise<SurfaceBench>;
}
