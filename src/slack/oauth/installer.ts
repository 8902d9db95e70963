/**
 * Installation by the people of many workspaces: `/slack/install` sends them to Slack,
 * `/slack/oauth_redirect` takes what Slack grants. No token is ever in a page or a log.
 */
import { z } from 'zod';
import { isAppError } from '../../core/model/errors.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { createCall, type Call } from '../client/calls.ts';
import { codeOf } from '../client/failures.ts';
import type { Workspace, Workspaces } from '../client/workspaces.ts';
import type { SlackOptions } from '../options.ts';
import { BOT_SCOPES } from './scopes.ts';
import { createSeal } from './seal.ts';
import { createInstallState } from './state.ts';
import {
  createTokens,
  grantOf,
  oauthAnswerSchema,
  type Tokens,
  type TokensDeps,
} from './tokens.ts';

export interface Installer {
  readonly workspaces: Workspaces;
  /** Undefined for an address that is not ours. */
  handle(request: Request): Promise<Response | undefined>;
  forget(team: string): Promise<void>;
}

interface InstallerDeps extends Omit<TokensDeps, 'seal' | 'installUrl'> {
  readonly secretKey: Uint8Array;
  readonly logger: Logger;
  readonly options: Pick<SlackOptions, 'publicUrl'>;
}

const GONE = {
  ok: false,
  failure: { kind: 'said', error: 'account_inactive', hints: [] },
} as const;

const COOKIE = 'threadcast_slack_state';
const whoSchema = z.object({
  bot_id: z.string().optional(),
  user_id: z.string(),
  url: z.string().optional(),
});

export function createInstaller(deps: InstallerDeps): Installer {
  const tokens = createTokens({
    ...deps,
    seal: createSeal(deps.secretKey),
    installUrl: `${deps.options.publicUrl}/slack/install`,
  });

  const of = async (team: string): Promise<Workspace> => {
    const { botToken: token, botUserId, botId, url } = await tokens.grant(team);
    return { team, botUserId, botId, token, url, call: (...args) => call(team, ...args) };
  };

  const call = async (team: string, ...args: Parameters<Call>): ReturnType<Call> => {
    let botToken: string;
    try {
      ({ botToken } = await tokens.grant(team));
    } catch (error) {
      // The workspace removed us: Slack would say the same.
      if (isAppError(error, 'not_found')) return GONE;
      throw error;
    }
    const answer = await createCall(botToken, deps.client)(...args);
    if (answer.ok || codeOf(answer.failure) !== 'token_expired') return answer;
    const fresh = await tokens.renewed(team, botToken);
    return createCall(fresh.botToken, deps.client)(...args);
  };

  const pages = createPages(deps, tokens);

  return {
    workspaces: { of, call, check: async () => {} },
    async handle(request) {
      const { pathname } = new URL(request.url);
      if (request.method !== 'GET') return undefined;
      if (pathname === '/slack/install') return pages.begin();
      return pathname === '/slack/oauth_redirect' ? pages.finish(request) : undefined;
    },
    forget: (team) => tokens.forget(team),
  };
}

function createPages(deps: InstallerDeps, tokens: Pick<Tokens, 'save'>) {
  const state = createInstallState(deps.secretKey);
  const redirectUri = `${deps.options.publicUrl}/slack/oauth_redirect`;

  const begin = (): Response => {
    const minted = state.mint(deps.clock.now());
    const query = new URLSearchParams({
      client_id: deps.oauth.clientId,
      scope: BOT_SCOPES.join(','),
      redirect_uri: redirectUri,
      state: minted,
    });
    const secure = redirectUri.startsWith('https:') ? '; Secure' : '';
    return new Response(null, {
      status: 302,
      headers: {
        location: `https://slack.com/oauth/v2/authorize?${query.toString()}`,
        'set-cookie': `${COOKIE}=${minted}; Path=/slack; HttpOnly; SameSite=Lax; Max-Age=600${secure}`,
      },
    });
  };

  const finish = async (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url);
    const cookie = cookieOf(request.headers.get('cookie') ?? '');
    if (!state.isValid(searchParams.get('state'), cookie, deps.clock.now())) {
      return page(400, 'This link is too old or not yours. Please start the installation again.');
    }
    const code = searchParams.get('code');
    if (code === null) return page(400, 'Nothing was installed.');
    const { clientId: client_id, clientSecret: client_secret } = deps.oauth;
    const args = { client_id, client_secret, code, redirect_uri: redirectUri };
    const answer = await createCall(undefined, deps.client)('oauth.v2.access', args);
    if (!answer.ok) {
      deps.logger.warn({ failure: answer.failure }, 'an installation was not granted');
      return page(502, 'Slack did not grant the installation. Please start it again.');
    }
    const granted = oauthAnswerSchema.parse(answer.data);
    const team = granted.team?.id;
    if (team === undefined) return page(400, 'Please install the app in a single workspace.');
    const grant = grantOf(granted, deps.clock.now());
    const who = await createCall(grant.botToken, deps.client)('auth.test', {});
    const known = who.ok ? whoSchema.parse(who.data) : undefined;
    const { bot_id: botId, user_id: botUserId = grant.botUserId, url } = known ?? {};
    await tokens.save(team, { ...grant, botUserId, botId, url });
    deps.logger.info({ team }, 'a workspace installed the Slack app');
    return page(200, 'Installed. Invite @threadcast to a channel and mention it.');
  };

  return { begin, finish };
}

const cookieOf = (header: string): string | undefined =>
  header
    .split(/;\s*/)
    .map((pair) => pair.split('='))
    .find(([name]) => name === COOKIE)?.[1];

/** Fixed sentences only. */
const page = (status: number, sentence: string): Response =>
  new Response(`<!doctype html><meta charset="utf-8"><title>Threadcast</title><p>${sentence}</p>`, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      'cache-control': 'no-store',
    },
  });
