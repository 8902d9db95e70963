/**
 * Tokens of the workspaces that installed us. Invariant: a refresh token is used once. Slack takes
 * it back with its first use, so one process refreshes under a lease, and the others read its row.
 *
 * Slack documents no second chance: when a process dies between Slack's answer and its row, nobody
 * has the new tokens. So that a renewal was begun is stored before it, renewals are made long before
 * they must, and when one was lost the old token serves to its end while an admin is told.
 */
import type { WebClientOptions } from '@slack/web-api';
import { z } from 'zod';
import { AppError } from '../../core/model/errors.ts';
import { sleep, type Clock } from '../../core/ports/clock.ts';
import type { InstallationStore } from '../../core/ports/installations.ts';
import type { Leases } from '../../core/ports/leases.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { SURFACE } from '../address.ts';
import { createCall, type CallFailure } from '../client/calls.ts';
import { appErrorOf } from '../client/failures.ts';
import { notInstalled } from '../client/workspaces.ts';
import type { Seal } from './seal.ts';

const grantSchema = z.object({
  botToken: z.string(),
  botUserId: z.string(),
  botId: z.string().optional(),
  /** Id of the organisation that the workspace belongs to (Enterprise Grid). */
  enterprise: z.string().optional(),
  /** Of the workspace, as auth.test gives it. */
  url: z.string().optional(),
  refreshToken: z.string().optional(),
  /** Milliseconds since the epoch; absent: it does not expire. */
  expiresAt: z.number().optional(),
  /** A renewal was begun with this refresh token: if it is still here, its answer was lost. */
  isRenewing: z.boolean().optional(),
});
export type Grant = z.infer<typeof grantSchema>;

export const oauthAnswerSchema = z.object({
  access_token: z.string(),
  bot_user_id: z.string().optional(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional(),
  team: z.object({ id: z.string().regex(/^\w{1,64}$/) }).nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
  is_enterprise_install: z.boolean().optional(),
});
export type OAuthAnswer = z.infer<typeof oauthAnswerSchema>;

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
  /** Where a workspace is installed again. */
  readonly installUrl: string;
  readonly logger: Logger;
}

/** A token with less life than this is renewed before it is used; Slack gives twelve hours. */
const RENEW_MS = 60 * 60_000;
/** A token with less life than this is of no use. */
const USABLE_MS = 60_000;
/** Between two renewals of which no answer came. */
const AGAIN_MS = 60_000;
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

  const failed = createFailures(deps);

  const refresh = async (team: string, old: Grant): Promise<Grant> => {
    failed.check(team, old);
    await save(team, { ...old, isRenewing: true });
    const answer = await call('oauth.v2.access', {
      client_id: oauth.clientId,
      client_secret: oauth.clientSecret,
      grant_type: 'refresh_token',
      refresh_token: old.refreshToken,
    });
    if (!answer.ok) throw failed.note(team, old, answer.failure);
    const fresh = grantOf(oauthAnswerSchema.parse(answer.data), clock.now(), old);
    await save(team, fresh);
    return fresh;
  };

  const renew = createRenewal(deps, { read, refresh });
  const lifeOf = ({ expiresAt = Infinity }: Grant): number => expiresAt - clock.now();

  return {
    save,
    async grant(team) {
      const known = await read(team);
      if (lifeOf(known) > RENEW_MS) return known;
      try {
        return await renew(team, (grant) => lifeOf(grant) > RENEW_MS);
      } catch (error) {
        if (lifeOf(known) > USABLE_MS) return known;
        throw error;
      }
    },
    renewed: (team, refused) => renew(team, (grant) => grant.botToken !== refused),
    forget: (team) => installations.remove(SURFACE, team),
  };
}

interface Failed {
  readonly with: string | undefined;
  readonly at: number;
  readonly error: AppError;
}

/** Renewals that failed: Slack is not asked the same again at once, and an admin is told once. */
function createFailures({ clock, logger, installUrl }: TokensDeps) {
  const failed = new Map<string, Failed>();
  return {
    check(team: string, { refreshToken }: Grant): void {
      const last = failed.get(team);
      if (last === undefined || last.with !== refreshToken) return;
      const isFinal = last.error.code === 'unprocessable';
      if (isFinal || clock.now() - last.at < AGAIN_MS) throw last.error;
    },
    note(team: string, old: Grant, failure: CallFailure): AppError {
      const error = refusal(team, old, failure, installUrl);
      failed.set(team, { with: old.refreshToken, at: clock.now(), error });
      logger[error.code === 'unprocessable' ? 'error' : 'warn']({ team }, error.message);
      return error;
    },
  };
}

/** Why there is no new token; AppError `unprocessable` when only a new installation helps. */
function refusal(team: string, old: Grant, failure: CallFailure, installUrl: string): AppError {
  if (failure.kind !== 'said') return appErrorOf('oauth.v2.access', failure);
  const why =
    old.isRenewing === true ? ', because an earlier renewal was cut off before it was stored' : '';
  return new AppError(
    'unprocessable',
    `Slack does not renew the token of workspace ${team} (${failure.error})${why}. Install the app there again: ${installUrl}`,
  );
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
export function grantOf(answer: OAuthAnswer, now: number, before?: Grant): Grant {
  const { access_token: botToken, refresh_token, expires_in } = answer;
  const refreshToken = refresh_token ?? before?.refreshToken;
  const enterprise = answer.enterprise?.id ?? before?.enterprise;
  return {
    botToken,
    botUserId: answer.bot_user_id ?? before?.botUserId ?? '',
    ...(before?.botId === undefined ? {} : { botId: before.botId }),
    ...(enterprise === undefined ? {} : { enterprise }),
    ...(before?.url === undefined ? {} : { url: before.url }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(expires_in === undefined ? {} : { expiresAt: now + expires_in * 1000 }),
  };
}
