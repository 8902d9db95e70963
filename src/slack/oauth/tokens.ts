/**
 * Tokens of the workspaces that installed us. Invariant: a refresh token is used once. Slack takes
 * it back with its first use, so one process refreshes under a lease, and the others read its row.
 */
import type { WebClientOptions } from '@slack/web-api';
import { z } from 'zod';
import { AppError } from '../../core/model/errors.ts';
import { sleep, type Clock } from '../../core/ports/clock.ts';
import type { InstallationStore } from '../../core/ports/installations.ts';
import type { Leases } from '../../core/ports/leases.ts';
import { SURFACE } from '../address.ts';
import { createCall } from '../client/calls.ts';
import { appErrorOf } from '../client/failures.ts';
import { notInstalled } from '../client/workspaces.ts';
import type { Seal } from './seal.ts';

const grantSchema = z.object({
  botToken: z.string(),
  botUserId: z.string(),
  botId: z.string().optional(),
  /** Of the workspace, as auth.test gives it. */
  url: z.string().optional(),
  refreshToken: z.string().optional(),
  /** Milliseconds since the epoch; absent: it does not expire. */
  expiresAt: z.number().optional(),
});
export type Grant = z.infer<typeof grantSchema>;

export const oauthAnswerSchema = z.object({
  access_token: z.string(),
  bot_user_id: z.string().optional(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional(),
  team: z.object({ id: z.string(), name: z.string().optional() }).nullish(),
});

export interface Tokens {
  save(team: string, grant: Grant): Promise<void>;
  /** Good for some minutes. `not_found` when the workspace did not install us. */
  grant(team: string): Promise<Grant>;
  /** The token was refused as expired: a new one, unless somebody had one made meanwhile. */
  renewed(team: string, refused: string): Promise<Grant>;
  forget(team: string): Promise<void>;
}

export interface TokensDeps {
  readonly installations: InstallationStore;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly seal: Seal;
  readonly oauth: { readonly clientId: string; readonly clientSecret: string };
  readonly client: WebClientOptions;
}

/** A token with less life than this is renewed before it is used. */
const MARGIN_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 500;
const LOOKS = 20;

export function createTokens(deps: TokensDeps): Tokens {
  const { installations, clock, seal, oauth } = deps;
  const call = createCall(undefined, deps.client);

  const save = (team: string, grant: Grant): Promise<void> =>
    installations.save({
      surface: SURFACE,
      account: team,
      sealed: seal.seal(team, JSON.stringify(grant)),
      updatedAt: clock.now(),
    });

  const read = async (team: string): Promise<Grant> => {
    const row = await installations.installation(SURFACE, team);
    if (row === undefined) throw notInstalled(team);
    return grantSchema.parse(JSON.parse(seal.open(team, row.sealed)));
  };

  const refresh = async (team: string, old: Grant): Promise<Grant> => {
    const answer = await call('oauth.v2.access', {
      client_id: oauth.clientId,
      client_secret: oauth.clientSecret,
      grant_type: 'refresh_token',
      refresh_token: old.refreshToken,
    });
    if (!answer.ok) throw appErrorOf('oauth.v2.access', answer.failure);
    const fresh = grantOf(oauthAnswerSchema.parse(answer.data), clock.now(), old);
    await save(team, fresh);
    return fresh;
  };

  const renew = createRenewal(deps, { read, refresh });

  return {
    save,
    async grant(team) {
      const known = await read(team);
      const isGood = (grant: Grant): boolean =>
        grant.expiresAt === undefined || grant.expiresAt - clock.now() > MARGIN_MS;
      return isGood(known) ? known : renew(team, isGood);
    },
    renewed: (team, refused) => renew(team, (grant) => grant.botToken !== refused),
    forget: (team) => installations.remove(SURFACE, team),
  };
}

type IsGood = (grant: Grant) => boolean;

/** One renewal at a time: under the workspace's lease, and shared by the calls of this process. */
function createRenewal(
  { leases, clock }: Pick<TokensDeps, 'leases' | 'clock'>,
  rows: {
    readonly read: (team: string) => Promise<Grant>;
    readonly refresh: (team: string, old: Grant) => Promise<Grant>;
  },
): (team: string, isGood: IsGood) => Promise<Grant> {
  const renewing = new Map<string, Promise<Grant>>();

  const once = async (team: string, isGood: IsGood): Promise<Grant | undefined> => {
    const key = `slack-token:${team}`;
    const epoch = await leases.acquire(key);
    try {
      const known = await rows.read(team);
      if (isGood(known) || known.refreshToken === undefined) return known;
      return epoch === undefined ? undefined : await rows.refresh(team, known);
    } finally {
      if (epoch !== undefined) await leases.release(key, epoch);
    }
  };

  const run = async (team: string, isGood: IsGood): Promise<Grant> => {
    try {
      for (let look = 0; look < LOOKS; look += 1) {
        const grant = await once(team, isGood);
        if (grant !== undefined) return grant;
        await sleep(clock, LOOK_AGAIN_MS);
      }
    } finally {
      renewing.delete(team);
    }
    throw new AppError('unavailable', `The token of workspace ${team} is being renewed elsewhere.`);
  };

  return (team, isGood) => {
    const running = renewing.get(team) ?? run(team, isGood);
    renewing.set(team, running);
    return running;
  };
}

/** What Slack granted; who the bot is stays as it was when the answer does not say. */
export function grantOf(
  answer: z.infer<typeof oauthAnswerSchema>,
  now: number,
  before?: Grant,
): Grant {
  const { access_token: botToken, refresh_token, expires_in } = answer;
  const refreshToken = refresh_token ?? before?.refreshToken;
  return {
    botToken,
    botUserId: answer.bot_user_id ?? before?.botUserId ?? '',
    ...(before?.botId === undefined ? {} : { botId: before.botId }),
    ...(before?.url === undefined ? {} : { url: before.url }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(expires_in === undefined ? {} : { expiresAt: now + expires_in * 1000 }),
  };
}
