/** The workspaces that installed us: with which token we speak there, and as whom. */
import type { WebClientOptions } from '@slack/web-api';
import { z } from 'zod';
import { AppError } from '../../core/model/errors.ts';
import { createCall, type Call } from './calls.ts';
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
    if (!answer.ok) throw appErrorOf('auth.test', answer.failure);
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
    async of(team) {
      const own = await workspace();
      // A shared channel brings events of other workspaces; they are authorised as ours.
      if (own.team !== team) throw notInstalled(team);
      return own;
    },
    call: (_team, ...args) => call(...args),
  };
}

export const notInstalled = (team: string): AppError =>
  new AppError('not_found', `The workspace ${team} has not installed this app.`);
