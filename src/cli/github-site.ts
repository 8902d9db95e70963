/**
 * Where a GitHub has its pages and its API. The GitHub App itself has the same rule in
 * `github/options.ts`; a test compares.
 */

/** Where webhooks come in, under PUBLIC_URL. */
export const WEBHOOK_PATH = '/api/github/webhooks';

export interface GitHubServer {
  /** `host[:port]`; undefined: github.com. */
  readonly host: string | undefined;
  readonly protocol: 'http' | 'https';
}

export interface GitHubSite {
  /** Both without a slash at the end. */
  readonly web: string;
  readonly api: string;
}

/** Enterprise Cloud with data residency has a host `NAME.ghe.com` and its API beside it; a server has it below. */
export function githubSite({ host, protocol }: GitHubServer): GitHubSite {
  if (host === undefined) return { web: 'https://github.com', api: 'https://api.github.com' };
  if (host.endsWith('.ghe.com')) return { web: `https://${host}`, api: `https://api.${host}` };
  const web = `${protocol}://${host}`;
  return { web, api: `${web}/api/v3` };
}
