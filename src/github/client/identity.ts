/** Who we are on GitHub, as GitHub says it. */
import { AppError, isAppError } from '../../core/model/errors.ts';
import type { GitHubOptions } from '../options.ts';
import { statusOf } from './failures.ts';
import type { GitHubAuth } from './octokit.ts';

export interface Identity {
  readonly appId: number;
  readonly slug: string;
  /** Names that a mention may use, our own first, without `@`. */
  readonly names: readonly string[];
}

export interface Author {
  readonly login: string;
  readonly type?: string | undefined;
}

export interface LearntIdentity extends Identity {
  /** Asks GitHub. Rejects when APP_ID or PRIVATE_KEY is wrong, or GitHub is away. */
  learn(): Promise<void>;
}

/** Until GitHub has said who we are, its name is AppError `unavailable`. */
export function createIdentity(
  auth: GitHubAuth,
  { appId, aliases }: Pick<GitHubOptions, 'appId' | 'aliases'>,
): LearntIdentity {
  const others = aliases.map((name) => name.replace(/^@/, '')).filter((name) => name !== '');
  let known: string | undefined;
  const slug = (): string => {
    if (known !== undefined) return known;
    throw new AppError('unavailable', 'GitHub has not said yet who this App is.');
  };
  return {
    appId,
    get slug() {
      return slug();
    },
    get names() {
      return [slug(), ...others];
    },
    learn: async () => {
      const octokit = await auth.app();
      const { data } = await octokit.rest.apps.getAuthenticated();
      if (data?.slug === undefined) throw new AppError('unprocessable', UNKNOWN_APP);
      known = data.slug;
    },
  };
}

const UNKNOWN_APP =
  "GitHub does not know this App by this key. Set APP_ID to the number on the App's page, and PRIVATE_KEY to a key of that App.";

/** Why `learn` rejected, with what to do about it; `api`: where GitHub was asked. */
export function explainSilence(error: unknown, api: string): string {
  if (isAppError(error)) return error.message;
  const status = statusOf(error);
  if (status === 401 || status === 404) return UNKNOWN_APP;
  if (status !== undefined) {
    return `GitHub answers with status ${status} when the App asks who it is. It is asked again; https://www.githubstatus.com says whether it is in trouble.`;
  }
  return `GitHub (${api}) cannot be reached. It is asked again; check the network, a proxy and GHE_HOST.`;
}

/** Ours, by the name that only our own bot can have. */
export function isOurs(identity: Identity, author: Author | null | undefined): boolean {
  return (
    author?.type === 'Bot' && author.login.toLowerCase() === `${identity.slug.toLowerCase()}[bot]`
  );
}
