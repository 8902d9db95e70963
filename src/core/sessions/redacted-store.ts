/**
 * A SessionStore whose log has no secrets. Everything that is told of a session (streams, sockets,
 * messages, answers) is told from what is stored, so this is the one gate. Prompts are stored as
 * they came: their agent needs them.
 */
import { z } from 'zod';
import { secretsOf, type Redact, type Redactor } from '../access/redact.ts';
import type { Session } from '../model/session.ts';
import type { PermissionRequest } from '../model/permission.ts';
import type { PromptPatch, SessionCommit, SessionStore } from '../ports/session-store.ts';

const toolCallSchema = z.record(z.string(), z.unknown());

/** Learns the secrets that sessions give their agents before anything can be said of them. */
export function redactedSessions(
  store: SessionStore,
  { redact, learn }: Pick<Redactor, 'redact' | 'learn'>,
): SessionStore {
  const learnFrom = ({ env, runtime }: Pick<Session, 'env' | 'runtime'>): void =>
    learn([...secretsOf(env), ...secretsOf(runtime.env)]);
  return {
    ...store,
    commit: (commit) => {
      if (commit.create) learnFrom(commit.create);
      return store.commit(redacted(commit, redact));
    },
    // Whoever runs a session reads it first, also one of an earlier process.
    session: async (id) => {
      const session = await store.session(id);
      if (session) learnFrom(session);
      return session;
    },
  };
}

function redacted(commit: SessionCommit, redact: Redact): SessionCommit {
  const { session, insertPermission, prompts, events } = commit;
  return {
    ...commit,
    events: events.map(({ type, json }) => ({ type, json: redact(json) })),
    ...(typeof session?.stateReason === 'string' && {
      session: { ...session, stateReason: redact(session.stateReason) },
    }),
    ...(insertPermission && { insertPermission: redactedRequest(insertPermission, redact) }),
    ...(prompts && { prompts: prompts.map((patch) => redactedPatch(patch, redact)) }),
  };
}

function redactedPatch(patch: PromptPatch, redact: Redact): PromptPatch {
  return typeof patch.error === 'string' ? { ...patch, error: redact(patch.error) } : patch;
}

/** As its event shows it: what is answered must equal what is shown. */
function redactedRequest(request: PermissionRequest, redact: Redact): PermissionRequest {
  const json = JSON.stringify(request.toolCall);
  const shown = redact(json);
  if (shown === json) return request;
  return {
    ...request,
    title: redact(request.title),
    toolCall: toolCallSchema.parse(JSON.parse(shown)),
  };
}
