/**
 * May this caller do that? The one function behind every click, command, tick, REST and WebSocket
 * call. Pure: the edge fetched the caller's roles at decision time, the verb's role is in
 * `model/verbs.ts`. Whatever is not granted there is refused.
 */
import type { Caller, Role } from '../model/actor.ts';
import { ROLE_HOLDERS, ROLES, roleOf, type Verb } from '../model/verbs.ts';

/** What an API token can be made for (control-plane.md); each stands alone, `admin` is all. */
export type TokenScope = 'read' | 'run' | 'approve' | 'admin';

export interface AccessFacts {
  /** The caller is the one who asked for the turn in question. */
  readonly isRequester?: boolean | undefined;
  /**
   * Configured rule about requesters answering their own permission requests. true: the role `run`
   * is enough for them. false: they never may, whatever their role. Absent: their role decides.
   */
  readonly requesterMayApprove?: boolean | undefined;
}

export type Decision =
  | { readonly allow: true }
  /** `role` is what is missing; `reason` is polite, and a sentence for the person refused. */
  | { readonly allow: false; readonly role: Role; readonly reason: string };

const ANSWERS: ReadonlySet<Verb> = new Set<Verb>(['permission.answer', 'approve', 'deny']);

export function authorize(verb: Verb, caller: Caller, facts: AccessFacts = {}): Decision {
  const role = roleOf(verb);
  if (facts.isRequester === true && ANSWERS.has(verb)) {
    if (facts.requesterMayApprove === false) return { allow: false, role, reason: OWN_REQUEST };
    if (facts.requesterMayApprove === true && holds(caller, 'run')) return { allow: true };
  }
  if (holds(caller, role)) return { allow: true };
  return { allow: false, role, reason: refusal(caller, role) };
}

/** Whether the caller has the role, by itself or (people, not tokens) through a higher one. */
export function holds(caller: Caller, role: Role): boolean {
  if (caller.actor.kind === 'token') return caller.roles.includes(role);
  const needed = ROLES.indexOf(role);
  return caller.roles.some((held) => ROLES.indexOf(held) >= needed);
}

/** The roles of an API token. A token has exactly these: `holds` implies none of the others. */
export function scopesToRoles(scopes: readonly TokenScope[]): readonly Role[] {
  if (scopes.includes('admin')) return ROLES;
  return ROLES.filter((role) => scopes.some((scope) => scope === role));
}

/** The scope that an API token needs for a role: what a 403 names. */
export function scopeFor(role: Role): TokenScope {
  return role === 'maintain' ? 'admin' : role;
}

const OWN_REQUEST =
  'Sorry, a permission request has to be answered by somebody else than the person whose prompt led to it. Another approver can answer it.';

function refusal(caller: Caller, role: Role): string {
  if (caller.actor.kind === 'token') {
    return `This token lacks the scope \`${scopeFor(role)}\`. Use a token that has it, or ask an administrator for one.`;
  }
  return `Sorry, this needs the role \`${role}\`, which you do not have here. Please ask somebody who has it: ${ROLE_HOLDERS[role]}.`;
}
