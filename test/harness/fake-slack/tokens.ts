/**
 * Tokens of the app: bot tokens per workspace, the app-level token, and the OAuth exchange with
 * rotation, whose refresh tokens work once.
 */
import type { Clock } from '../../../src/core/ports/clock.ts';
import { required, type Method } from './api-call.ts';
import { textOf } from './arguments.ts';
import { SlackRefusal } from './refusal.ts';
import { APP_ID, type Install, type SlackState } from './state.ts';

const LIFE_MS = 12 * 3_600_000;

export interface TokenHolder {
  readonly install: Install;
  /** Null: every scope. */
  readonly scopes: ReadonlySet<string> | null;
}

export interface Tokens {
  check(method: string, bearer: string | undefined): TokenHolder | { readonly error: string };
  /** Whose token it is, whether it still works or not. */
  peek(bearer: string | undefined): Install | undefined;
  botToken(teamId: string): string;
  readonly appToken: string;
  /** A person agreed to the installation: the code that the redirect would carry. */
  agree(teamId: string, redirectUri?: string): string;
  /** Takes the app's tokens of a workspace back. */
  revoke(teamId: string): void;
  readonly exchange: Method;
  /** The app gives a token back. */
  readonly giveBack: Method;
}

export interface TokenOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[] | null;
  /** Tokens given by OAuth expire and are refreshed. */
  readonly rotation: boolean;
  /** Organisation of every workspace (Enterprise Grid). */
  readonly enterpriseId: string | null;
}

interface Grant {
  readonly teamId: string;
  readonly expiresAt: number | null;
  revoked: boolean;
}

export function createTokens(clock: Clock, state: SlackState, options: TokenOptions): Tokens {
  const grants = new Map<string, Grant>();
  const codes = new Map<string, { teamId: string; redirectUri: string | undefined }>();
  const refreshes = new Map<string, string>();
  const static_ = new Map<string, string>();
  const appToken = `xapp-1-${APP_ID}-1-fake`;
  const scopes = options.scopes === null ? null : new Set(options.scopes);
  let made = 0;

  const grant = (teamId: string): Record<string, unknown> => {
    made += 1;
    const token = `${options.rotation ? 'xoxe.xoxb-1-' : 'xoxb-'}granted-${made}`;
    const expiresAt = options.rotation ? clock.now() + LIFE_MS : null;
    grants.set(token, { teamId, expiresAt, revoked: false });
    if (!options.rotation) return { access_token: token };
    const refresh = `xoxe-1-refresh-${made}`;
    refreshes.set(refresh, teamId);
    return { access_token: token, refresh_token: refresh, expires_in: LIFE_MS / 1000 };
  };

  const redeem = (call: Parameters<Method>[0]): string => {
    if (textOf(call.args, 'grant_type') === 'refresh_token') {
      const refresh = required(call, 'refresh_token');
      const teamId = refreshes.get(refresh);
      if (teamId === undefined) throw new SlackRefusal('invalid_refresh_token');
      refreshes.delete(refresh);
      return teamId;
    }
    const code = textOf(call.args, 'code') ?? '';
    const agreed = codes.get(code);
    if (agreed === undefined) throw new SlackRefusal('invalid_code');
    codes.delete(code);
    if (agreed.redirectUri !== textOf(call.args, 'redirect_uri'))
      throw new SlackRefusal('bad_redirect_uri');
    return agreed.teamId;
  };

  return {
    appToken,
    botToken(teamId) {
      const known = static_.get(teamId);
      if (known !== undefined) return known;
      const token = `xoxb-fake-${teamId}`;
      static_.set(teamId, token);
      grants.set(token, { teamId, expiresAt: null, revoked: false });
      return token;
    },
    peek(bearer) {
      const held = grants.get(bearer ?? '');
      return held === undefined ? undefined : state.installs.get(held.teamId);
    },
    check(method, bearer) {
      const [anywhere] = state.installs.values();
      if (anywhere === undefined) throw new Error('The app is installed nowhere');
      if (method === 'oauth.v2.access' || method === 'api.test')
        return { install: anywhere, scopes };
      if (bearer === undefined) return { error: 'not_authed' };
      if (method === 'apps.connections.open')
        return bearer === appToken
          ? { install: anywhere, scopes }
          : { error: grants.has(bearer) ? 'not_allowed_token_type' : 'invalid_auth' };
      const held = grants.get(bearer);
      if (held === undefined)
        return { error: bearer === appToken ? 'not_allowed_token_type' : 'invalid_auth' };
      if (held.revoked) return { error: 'token_revoked' };
      if (held.expiresAt !== null && held.expiresAt <= clock.now())
        return { error: 'token_expired' };
      return { install: state.install(held.teamId), scopes };
    },
    agree(teamId, redirectUri) {
      made += 1;
      const code = `code-${made}`;
      codes.set(code, { teamId, redirectUri });
      return code;
    },
    revoke(teamId) {
      for (const held of grants.values()) if (held.teamId === teamId) held.revoked = true;
    },
    giveBack: ({ install }) => {
      for (const held of grants.values()) if (held.teamId === install.teamId) held.revoked = true;
      return { revoked: true };
    },
    exchange: (call) => {
      if (required(call, 'client_id') !== options.clientId)
        throw new SlackRefusal('invalid_client_id');
      if (required(call, 'client_secret') !== options.clientSecret)
        throw new SlackRefusal('bad_client_secret');
      const teamId = redeem(call);
      const install = state.install(teamId);
      return {
        ...grant(teamId),
        token_type: 'bot',
        scope: options.scopes?.join(',') ?? 'chat:write',
        bot_user_id: install.botUserId,
        app_id: APP_ID,
        team: { id: teamId, name: teamId },
        enterprise: options.enterpriseId === null ? null : { id: options.enterpriseId },
        is_enterprise_install: false,
        authed_user: { id: [...state.users.values()].find((each) => !each.isBot)?.id ?? '' },
      };
    },
  };
}
