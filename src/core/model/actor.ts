/** Who does something, and what is known about them when it is decided whether they may. */

export type Role = 'read' | 'run' | 'approve' | 'maintain';

/** Somebody or something that acts. `surface` + `id` is the identity; `name` is for people. */
export interface Actor {
  /** Name of the surface that knows this actor (`web`, `github`, `slack`), `api` or `system`. */
  readonly surface: string;
  /** The surface's stable id (a number on GitHub, a user id on Slack, a token id on `api`). */
  readonly id: string;
  readonly name: string;
  readonly kind: 'person' | 'bot' | 'token' | 'system';
}

/** An actor with the facts that `authorize` decides on, fetched by the edge at decision time. */
export interface Caller {
  readonly actor: Actor;
  readonly roles: readonly Role[];
  /** Where these roles hold; absent: everywhere. What is shown nowhere there is none of theirs. */
  readonly within?: Within | undefined;
}

/** Threads of a place: a repository, a channel, a workspace. */
export interface Within {
  readonly surface: string;
  readonly account: string;
  /** Key of a thread, or the part before a `/` that the keys of all threads there begin with. */
  readonly key: string;
}

/** The server itself: expiry, recovery, policy. It is never a caller. */
export const SYSTEM_ACTOR: Actor = {
  surface: 'system',
  id: 'threadcast',
  name: 'Threadcast',
  kind: 'system',
};
