/**
 * Every verb that somebody can ask for, on any surface, and the role that it needs. The one table
 * behind `authorize`, the help text and the API's 403: add a verb here or it does not exist.
 */
import type { Role } from './actor.ts';

export const VERB_ROLES = {
  // What people type on a thread (commands/grammar.ts).
  help: 'read',
  status: 'read',
  sessions: 'read',
  usage: 'read',
  whoami: 'read',
  mute: 'run',
  unmute: 'run',
  stop: 'run',
  steer: 'run',
  new: 'run',
  agent: 'run',
  model: 'run',
  mode: 'run',
  retry: 'run',
  continue: 'run',
  close: 'run',
  link: 'run',
  unlink: 'run',
  approve: 'approve',
  deny: 'approve',
  'approve.always': 'maintain',
  'ok-to-run': 'maintain',

  // What the session service and the API do.
  'session.read': 'read',
  'session.create': 'run',
  /** Runs any command (also as an MCP server of the agent), or in any directory. */
  'session.create_spawn': 'maintain',
  'session.configure': 'run',
  'session.close': 'run',
  'session.reopen': 'run',
  'session.files': 'read',
  prompt: 'run',
  'prompt.retry': 'run',
  cancel: 'run',
  'queue.read': 'read',
  'queue.cancel': 'run',
  'queue.reorder': 'run',
  'queue.clear': 'run',
  'queue.pause': 'run',
  'queue.resume': 'run',
  'permission.read': 'read',
  'permission.answer': 'approve',
  'events.read': 'read',
  'thread.read': 'read',
  'thread.bind': 'run',
  'thread.unbind': 'run',
  'template.read': 'read',
  'template.write': 'maintain',
  'runtime.read': 'read',
  'runtime.write': 'maintain',
  'webhook.read': 'maintain',
  'webhook.write': 'maintain',
  'decision.read': 'maintain',
  'token.read': 'maintain',
  'token.write': 'maintain',
} as const satisfies Readonly<Record<string, Role>>;

export type Verb = keyof typeof VERB_ROLES;

/** From least to most; each role includes those before it. */
export const ROLES: readonly Role[] = ['read', 'run', 'approve', 'maintain'];

export function roleOf(verb: Verb): Role {
  return VERB_ROLES[verb];
}

/** Who usually has a role, for sentences to people: "ask somebody who has it: …". */
export const ROLE_HOLDERS: Readonly<Record<Role, string>> = {
  read: 'members of this repository or channel',
  run: 'people who may start work here, usually those with write access',
  approve: 'approvers, usually the maintainers',
  maintain: 'maintainers',
};
