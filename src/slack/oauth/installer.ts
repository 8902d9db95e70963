/**
 * Installation by the people of many workspaces: `/slack/install` sends them to Slack,
 * `/slack/oauth_redirect` takes what Slack grants. Invariant: no token is ever in a page or a log, and
 * a workspace that SLACK_TEAMS does not name is neither installed nor spoken with.
 */
import { z } from 'zod';
import { isAppError, type AppError } from '../../core/model/errors.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { createCall, type Call, type CallFailure } from '../client/calls.ts';
import { codeOf } from '../client/failures.ts';
import { notInstalled, type Workspace, type Workspaces } from '../client/workspaces.ts';
import type { SlackOAuth, SlackOptions } from '../options.ts';
import { BOT_SCOPES } from './scopes.ts';
import { createSeal } from './seal.ts';
import { createInstallState } from './state.ts';
import {
  createTokens,
  grantOf,
  oauthAnswerSchema,
  type Grant,
  type OAuthAnswer,
  type Tokens,
  type TokensDeps,
} from './tokens.ts';

export interface Installer {
  readonly workspaces: Workspaces;
  /** Undefined for an address that is not ours. */
  handle(request: Request): Promise<Response | undefined>;
  forget(team: string): Promise<void>;
}

interface InstallerDeps extends Omit<TokensDeps, 'seal' | 'installUrl' | 'oauth'> {
  readonly oauth: SlackOAuth;
  readonly secretKey: Uint8Array;
  readonly logger: Logger;
  readonly options: Pick<SlackOptions, 'publicUrl'>;
}

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

  const grantOfNamed = async (team: string): Promise<Grant> => {
    const grant = await tokens.grant(team);
    if (!isNamed(deps.oauth, team, grant)) throw notInstalled(team);
    return grant;
  };

  const of = async (team: string): Promise<Workspace> => {
    const { botToken: token, botUserId, botId, url } = await grantOfNamed(team);
    return { team, botUserId, botId, token, url, call: (...args) => call(team, ...args) };
  };

  const call = async (team: string, ...args: Parameters<Call>): ReturnType<Call> => {
    try {
      const { botToken } = await grantOfNamed(team);
      const answer = await createCall(botToken, deps.client)(...args);
      if (answer.ok || codeOf(answer.failure) !== 'token_expired') return answer;
      const fresh = await tokens.renewed(team, botToken);
      return await createCall(fresh.botToken, deps.client)(...args);
    } catch (error) {
      if (!isAppError(error)) throw error;
      return { ok: false, failure: withoutToken(error) };
    }
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

const isNamed = (
  { teams }: Pick<SlackOAuth, 'teams'>,
  team: string,
  { enterprise }: Pick<Grant, 'enterprise'>,
): boolean => teams.includes(team) || (enterprise !== undefined && teams.includes(enterprise));

const notNamed = (team: string): string =>
  `This server works only for the workspaces that it names, and yours (${team}) is not among them. Ask whoever runs it to add ${team} to SLACK_TEAMS, then install the app again.`;

/** There is no token for a call: it was certainly not made. */
function withoutToken({ code, message }: AppError): CallFailure {
  if (code === 'unavailable') return { kind: 'unreachable', message };
  // The workspace removed us, or does not renew its token: Slack would say the same.
  const said = code === 'not_found' ? 'account_inactive' : 'token_expired';
  return { kind: 'said', error: said, hints: [] };
}

function createPages(deps: InstallerDeps, tokens: Pick<Tokens, 'save'>) {
  const state = createInstallState(deps.secretKey);
  const keep = createKeep(deps, tokens);
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
    return keep(oauthAnswerSchema.parse(answer.data));
  };

  return { begin, finish };
}

/** What Slack granted is kept, or given back; a page says which. */
function createKeep(
  deps: InstallerDeps,
  tokens: Pick<Tokens, 'save'>,
): (granted: OAuthAnswer) => Promise<Response> {
  /** What we do not keep must not work elsewhere. */
  const refuse = async (call: Call, status: number, sentence: string): Promise<Response> => {
    const revoked = await call('auth.revoke', {});
    if (!revoked.ok) {
      deps.logger.warn({ failure: revoked.failure }, 'a token that is not kept was not revoked');
    }
    return page(status, sentence);
  };

  return async function keep(granted) {
    const call = createCall(granted.access_token, deps.client);
    const team = granted.team?.id;
    if (team === undefined || granted.is_enterprise_install === true) {
      return refuse(call, 400, 'Please install the app in a single workspace.');
    }
    const grant = grantOf(granted, deps.clock.now());
    if (!isNamed(deps.oauth, team, grant)) {
      deps.logger.warn({ team }, 'a workspace that SLACK_TEAMS does not name was refused');
      return refuse(call, 403, notNamed(team));
    }
    const who = await call('auth.test', {});
    if (!who.ok) {
      // Without our own ids there we would take our messages for those of others.
      deps.logger.warn({ team, failure: who.failure }, 'an installation was not finished');
      return page(502, 'Slack did not answer. Please start the installation again.');
    }
    const { bot_id: botId, user_id: botUserId, url } = whoSchema.parse(who.data);
    await tokens.save(team, { ...grant, botUserId, botId, url });
    deps.logger.info({ team }, 'a workspace installed the Slack app');
    return page(200, 'Installed. Invite @threadcast to a channel and mention it.');
  };
}

const cookieOf = (header: string): string | undefined =>
  header
    .split(/;\s*/)
    .map((pair) => pair.split('='))
    .find(([name]) => name === COOKIE)?.[1];

/** Sentences of ours only; what Slack says in them is an id. */
const page = (status: number, sentence: string): Response =>
  new Response(`<!doctype html><meta charset="utf-8"><title>Threadcast</title><p>${sentence}</p>`, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      'cache-control': 'no-store',
    },
  });
