/**
 * Probot's Octokit with its throttle and its retries off: throttling is the outbox's (one budget per
 * installation, not one for all), and a POST that is repeated by itself writes a comment twice.
 */
import { Probot, ProbotOctokit } from 'probot';
import { keepNewest } from '../../core/platforms/keep-newest.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { apiBase, type GitHubOptions } from '../options.ts';

export type Octokit = Awaited<ReturnType<Probot['auth']>>;

export interface GitHubAuth {
  /** As the App itself. */
  app(): Promise<Octokit>;
  /** As one of its installations. */
  installation(id: number): Promise<Octokit>;
}

/** Longest wait for one call, its answer read. */
const DEADLINE_MS = 20_000;
/** Clients of installations kept; each holds little more than its token. */
const KEPT = 1_000;

export function createGitHubAuth(options: GitHubOptions, logger: Logger): GitHubAuth {
  const probot = new Probot({
    appId: options.appId,
    privateKey: options.privateKey,
    secret: options.webhookSecret,
    baseUrl: apiBase(options) ?? 'https://api.github.com',
    request: { fetch: withDeadline(options.fetch ?? fetch) },
    log: quietLog(logger),
    // As a function: given as an object, the defaults of Probot win over it.
    Octokit: ProbotOctokit.defaults((given: object) => ({
      ...given,
      throttle: { enabled: false },
      retry: { enabled: false },
    })),
  });
  const clients = new Map<number, Promise<Octokit>>();
  return {
    app: () => probot.auth(),
    installation: (id) => {
      const known = clients.get(id);
      if (known !== undefined) return known;
      const made = probot.auth(id);
      keepNewest(clients, id, made, KEPT);
      made.catch(() => clients.delete(id));
      return made;
    },
  };
}

type Fetch = NonNullable<GitHubOptions['fetch']>;

function withDeadline(call: Fetch): Fetch {
  return (input, init) => {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    return call(input, { ...init, signal });
  };
}

type ProbotLog = NonNullable<ConstructorParameters<typeof Probot>[0]>['log'];

/** Probot logs the bodies of requests; of its words we keep warnings and errors, without fields. */
function quietLog(logger: Logger): NonNullable<ProbotLog> {
  const said = (level: 'warn' | 'error') => (first: unknown, second?: unknown) => {
    const message = typeof second === 'string' ? second : String(first);
    logger[level]({ from: 'probot' }, message.slice(0, 500));
  };
  const nothing = (): void => {};
  const log = {
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: said('warn'),
    error: said('error'),
    fatal: said('error'),
    silent: nothing,
    level: 'warn',
    child: () => log,
  };
  return log as unknown as NonNullable<ProbotLog>;
}
