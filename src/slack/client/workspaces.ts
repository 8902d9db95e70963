/** The workspaces that installed us: with which token we speak there, and as whom. */
import type { WebClientOptions } from '@slack/web-api';
import { z } from 'zod';
import { AppError } from '../../core/model/errors.ts';
import { createCall, type Call, type CallFailure } from './calls.ts';
import { appErrorOf } from './failures.ts';

export interface Workspace {
  readonly team: string;
  readonly botUserId: string;
  readonly botId: string | undefined;
  readonly token: string;
  /** Address of the workspace with a slash at its end, where it is known. */
  readonly url: string | undefined;
  readonly call: Call;
}

export interface Workspaces {
  /** Whether the server's own token is good, if it has one. AppError says what to do otherwise. */
  check(): Promise<void>;
  /** AppError `not_found` for one that did not install us, `unavailable` while Slack is away. */
  of(team: string): Promise<Workspace>;
  /** A call as the workspace's bot; a token that has just expired is refreshed, once. */
  call(team: string, ...args: Parameters<Call>): ReturnType<Call>;
}

const whoSchema = z.object({
  team_id: z.string(),
  user_id: z.string(),
  bot_id: z.string().optional(),
  url: z.string().optional(),
});

/** One workspace, by its bot token. Who we are there is asked once. */
export function createSingleWorkspace(token: string, options: WebClientOptions): Workspaces {
  const call = createCall(token, options);
  let known: Promise<Workspace> | undefined;

  const look = async (): Promise<Workspace> => {
    const answer = await call('auth.test', {});
    if (!answer.ok) throw refused(answer.failure);
    const { team_id: team, user_id: botUserId, bot_id: botId, url } = whoSchema.parse(answer.data);
    return { team, botUserId, botId, token, url, call };
  };
  const workspace = (): Promise<Workspace> => {
    known ??= look().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  return {
    check: async () => void (await workspace()),
    async of(team) {
      const own = await workspace();
      // A shared channel brings events of other workspaces; they are authorised as ours.
      if (own.team !== team) throw notInstalled(team);
      return own;
    },
    call: (_team, ...args) => call(...args),
  };
}

function refused(failure: CallFailure): AppError {
  if (failure.kind !== 'said') return appErrorOf('auth.test', failure);
  return new AppError(
    'unprocessable',
    `Slack refuses SLACK_BOT_TOKEN: ${failure.error}. Set SLACK_BOT_TOKEN to the Bot User OAuth Token of the page OAuth & Permissions.`,
  );
}

export const notInstalled = (team: string): AppError =>
  new AppError('not_found', `The workspace ${team} has not installed this app.`);
