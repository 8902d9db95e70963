/** Where a GitHub has its pages and its API. */

/** Where webhooks come in, under PUBLIC_URL. */
export const WEBHOOK_PATH = '/api/github/webhooks';

export interface GitHubSite {
  /** Both without a slash at the end. */
  readonly web: string;
  readonly api: string;
}

export function githubSite(at: {
  readonly host: string | undefined;
  readonly protocol: 'http' | 'https';
}): GitHubSite {
  if (at.host === undefined) return { web: 'https://github.com', api: 'https://api.github.com' };
  const web = `${at.protocol}://${at.host}`;
  return { web, api: `${web}/api/v3` };
}
