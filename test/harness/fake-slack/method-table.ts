/**
 * Tier and scope of every method that the fake serves. Where `../shared/corpus/slack-methods.json`
 * lies beside the work tree, `corpus.ts` compares.
 */

export type Tier = 't1' | 't2' | 't3' | 't4' | 't5';

export interface MethodFacts {
  readonly tier: Tier;
  /** One of them is needed; none: any token will do. */
  readonly scopes: readonly string[];
}

const HISTORY = ['channels:history', 'groups:history', 'im:history', 'mpim:history'];
const READ = ['channels:read', 'groups:read', 'im:read', 'mpim:read'];
const WRITE = ['chat:write'];

export const METHODS: Readonly<Record<string, MethodFacts>> = {
  'api.test': { tier: 't4', scopes: [] },
  'auth.test': { tier: 't5', scopes: [] },
  'auth.revoke': { tier: 't3', scopes: [] },
  'apps.connections.open': { tier: 't3', scopes: [] },
  'oauth.v2.access': { tier: 't5', scopes: [] },
  'chat.postMessage': { tier: 't5', scopes: WRITE },
  'chat.update': { tier: 't3', scopes: WRITE },
  'chat.delete': { tier: 't3', scopes: WRITE },
  'chat.postEphemeral': { tier: 't4', scopes: WRITE },
  'chat.getPermalink': { tier: 't5', scopes: [] },
  'chat.startStream': { tier: 't2', scopes: WRITE },
  'chat.appendStream': { tier: 't4', scopes: WRITE },
  'chat.stopStream': { tier: 't2', scopes: WRITE },
  'conversations.replies': { tier: 't3', scopes: HISTORY },
  'conversations.history': { tier: 't3', scopes: HISTORY },
  'conversations.info': { tier: 't3', scopes: READ },
  'conversations.members': { tier: 't4', scopes: READ },
  'conversations.open': { tier: 't3', scopes: ['im:write', 'mpim:write'] },
  'users.info': { tier: 't4', scopes: ['users:read'] },
  'usergroups.users.list': { tier: 't2', scopes: ['usergroups:read'] },
  'files.info': { tier: 't4', scopes: ['files:read'] },
  'reactions.add': { tier: 't3', scopes: ['reactions:write'] },
  'reactions.remove': { tier: 't2', scopes: ['reactions:write'] },
  'reactions.get': { tier: 't3', scopes: ['reactions:read'] },
  'views.open': { tier: 't4', scopes: [] },
  'views.update': { tier: 't4', scopes: [] },
  'views.publish': { tier: 't4', scopes: [] },
  'agents.sessions.setStatus': { tier: 't3', scopes: WRITE },
  'assistant.threads.setStatus': { tier: 't5', scopes: WRITE },
};
