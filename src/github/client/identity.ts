/** Who we are on GitHub, as GitHub says it. */
import type { GitHubAuth } from './octokit.ts';
import { AppError } from '../../core/model/errors.ts';

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

export async function readIdentity(
  auth: GitHubAuth,
  aliases: readonly string[],
): Promise<Identity> {
  const octokit = await auth.app();
  const { data } = await octokit.rest.apps.getAuthenticated();
  const slug = data?.slug;
  if (data === null || slug === undefined) {
    throw new AppError(
      'unprocessable',
      'GitHub does not know this App. Check APP_ID and PRIVATE_KEY.',
    );
  }
  const others = aliases.map((name) => name.replace(/^@/, '')).filter((name) => name !== '');
  return { appId: data.id, slug, names: [slug, ...others] };
}

/** Ours, by the name that only our own bot can have. */
export function isOurs(identity: Identity, author: Author | null | undefined): boolean {
  return (
    author?.type === 'Bot' && author.login.toLowerCase() === `${identity.slug.toLowerCase()}[bot]`
  );
}
