/** What the server's configuration says about GitHub. The program's `app.ts` reads it from the environment. */
import type { PageLinks } from '../core/access/page-links.ts';

export interface GitHubOptions {
  /** APP_ID */
  readonly appId: number;
  /** PRIVATE_KEY, or what PRIVATE_KEY_PATH names: PEM. */
  readonly privateKey: string;
  /** WEBHOOK_SECRET: without it nothing is taken. */
  readonly webhookSecret: string;
  /** GHE_HOST: `host[:port]` of a GitHub Enterprise Server, or NAME.ghe.com. */
  readonly gheHost?: string | undefined;
  /** GHE_PROTOCOL; `https` unless given. */
  readonly gheProtocol?: 'http' | 'https' | undefined;
  /** Where the API is instead: for tests. Without a slash at its end. */
  readonly apiUrl?: string | undefined;
  /** Of calls to the API; the global one unless a test counts them. */
  readonly fetch?:
    | ((url: string | URL | Request, init?: RequestInit) => Promise<Response>)
    | undefined;
  /** Names besides the App's own that address it, with or without `@`. */
  readonly aliases: readonly string[];
  /** Labels that start a turn when somebody who may run adds them; in any case. */
  readonly labels: readonly string[];
  /** Ids of Apps whose comments are read as if somebody with write access had written them. */
  readonly bots: readonly number[];
  /** Whether a comment without a mention goes on with a thread's session. */
  readonly untaggedReplies: boolean;
  /** At least 32 secret bytes: signs what our comments say, so that a changed one is seen. */
  readonly signingKey: Uint8Array;
  /** To our own pages, when people can reach them. */
  readonly links?: PageLinks | undefined;
}

/** Where people see a repository, without a slash at its end. */
export function webBase({ gheHost, gheProtocol }: GitHubOptions): string {
  return gheHost === undefined ? 'https://github.com' : `${gheProtocol ?? 'https'}://${gheHost}`;
}

/** Base of the API without a slash at its end; undefined: github.com. */
export function apiBase(options: GitHubOptions): string | undefined {
  if (options.apiUrl !== undefined) return options.apiUrl;
  if (options.gheHost === undefined) return undefined;
  // Enterprise Cloud with data residency has its API beside its pages, a server below them.
  if (options.gheHost.endsWith('.ghe.com')) return `https://api.${options.gheHost}`;
  return `${options.gheProtocol ?? 'https'}://${options.gheHost}/api/v3`;
}
