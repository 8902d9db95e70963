/**
 * Links from messages elsewhere to our own page, for every surface. Invariant: a link is no right:
 * the page wants a login, and only a POST from it decides. There are none without an address that
 * people reach (`PUBLIC_URL`): one of this machine helps nobody who reads a comment.
 *
 * The link to a permission request is a token of `action-token.ts` without an option: it names the
 * session and the request, until when, and what was shown beside it.
 */
import type { PermissionView } from '../model/transcript.ts';
import { parseId, type RequestId, type SessionId } from '../model/ids.ts';
import { inputHash, type ActionTokens } from './action-token.ts';

/** Never the name of a surface, so that no link passes for a button, and no button for a link. */
const LINK = 'link';

export interface PageLinks {
  /** The page that shows all of a session. */
  readonly sessionUrl: (id: SessionId) => string;
  /** The page that shows all of what a request asks, and where it can be answered. */
  readonly approvalUrl: (request: LinkedView) => string;
}

interface LinkedView {
  readonly sessionId: SessionId;
  readonly permission: Pick<PermissionView, 'requestId' | 'expiresAt' | 'asked'>;
}

export function createPageLinks(deps: {
  /** Where people reach this server, without a slash at its end. */
  readonly publicUrl: string;
  readonly tokens: ActionTokens;
}): PageLinks {
  const { publicUrl, tokens } = deps;
  return {
    sessionUrl: (id) => `${publicUrl}/sessions/${id}`,
    approvalUrl: ({ sessionId, permission }) => {
      const { requestId, expiresAt, asked } = permission;
      const link = { sessionId, requestId, optionId: '', surface: LINK, expiresAt };
      return `${publicUrl}/approve/${tokens.mint({ ...link, inputHash: inputHash(asked) })}`;
    },
  };
}

/** What a link to a request names. `expiresAt` may be over: how it ended can still be read. */
export interface LinkedRequest {
  readonly sessionId: SessionId;
  readonly requestId: RequestId;
  readonly expiresAt: number;
  readonly inputHash: string;
}

/** Undefined for whatever `approvalUrl` did not make with this key. */
export function readApprovalLink(tokens: ActionTokens, token: string): LinkedRequest | undefined {
  const action = tokens.read(token);
  const sessionId = parseId('s', action?.sessionId ?? '');
  const requestId = parseId('r', action?.requestId ?? '');
  if (action?.surface !== LINK || sessionId === undefined || requestId === undefined) {
    return undefined;
  }
  return { sessionId, requestId, expiresAt: action.expiresAt, inputHash: action.inputHash };
}
