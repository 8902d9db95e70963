/**
 * The settings of GitHub and Slack, which belong together: a platform is configured as a whole or
 * not at all. A half-configured one is an error, so that nothing starts without its secret.
 */
import type { z } from 'zod';
import type { environmentSchema } from './settings.ts';

type Environment = z.output<typeof environmentSchema>;

/** Which GitHub it is. */
export interface GitHubServer {
  /** `host[:port]`; undefined: github.com. */
  readonly host: string | undefined;
  readonly protocol: 'http' | 'https';
}

export interface GitHubConfig extends GitHubServer {
  readonly appId: number;
  /** PEM, or the file that holds it. */
  readonly privateKey: { readonly pem: string } | { readonly file: string };
  readonly webhookSecret: string;
  /** Names besides the App's own that address it. */
  readonly aliases: readonly string[];
  readonly labels: readonly string[];
  /** Ids of Apps. */
  readonly bots: readonly number[];
  readonly untaggedReplies: boolean;
}

export interface SlackConfig {
  /** Present: Socket Mode. */
  readonly appToken: string | undefined;
  readonly botToken: string | undefined;
  readonly signingSecret: string | undefined;
  readonly oauth:
    | {
        readonly clientId: string;
        readonly clientSecret: string;
        readonly teams: readonly string[];
      }
    | undefined;
  readonly apiUrl: string | undefined;
  readonly access: SlackAccess;
  /** Whether people may answer what their own turn asks. */
  readonly requesterMayApprove: boolean;
  readonly untaggedReplies: boolean;
}

/** Ids of Slack, each list as it was set; empty: see the table of settings. */
export interface SlackAccess {
  readonly channels: readonly string[];
  readonly approvers: readonly string[];
  readonly approverGroups: readonly string[];
  readonly maintainers: readonly string[];
  readonly guests: boolean;
  readonly bots: readonly string[];
}

export interface PlatformProblem {
  readonly name: string;
  readonly message: string;
}

/** A platform's settings, or what is missing; neither when nothing of it is set. */
export interface Platform<T> {
  readonly config: T | undefined;
  readonly problems: readonly PlatformProblem[];
}

export function githubServerOf({ GHE_HOST, GHE_PROTOCOL }: Environment): GitHubServer {
  return { host: GHE_HOST, protocol: GHE_PROTOCOL };
}

function missing(name: string, because: string): PlatformProblem {
  return { name, message: `${name} must be set too, because ${because} is.` };
}

export function githubOf(environment: Environment): Platform<GitHubConfig> {
  const { APP_ID, PRIVATE_KEY, PRIVATE_KEY_PATH, WEBHOOK_SECRET } = environment;
  const set = Object.entries({ APP_ID, PRIVATE_KEY, PRIVATE_KEY_PATH, WEBHOOK_SECRET }).find(
    ([, value]) => value !== undefined,
  )?.[0];
  if (set === undefined) return { config: undefined, problems: [] };
  const problems: PlatformProblem[] = [];
  if (APP_ID === undefined) problems.push(missing('APP_ID', set));
  if (PRIVATE_KEY === undefined && PRIVATE_KEY_PATH === undefined) {
    problems.push(missing('PRIVATE_KEY or PRIVATE_KEY_PATH', set));
  }
  if (WEBHOOK_SECRET === undefined) problems.push(missing('WEBHOOK_SECRET', set));
  if (APP_ID === undefined || WEBHOOK_SECRET === undefined || problems.length > 0) {
    return { config: undefined, problems };
  }
  return {
    config: {
      appId: APP_ID,
      // Environments often hold a PEM in one line.
      privateKey:
        PRIVATE_KEY === undefined
          ? { file: PRIVATE_KEY_PATH ?? '' }
          : { pem: PRIVATE_KEY.replaceAll('\\n', '\n') },
      webhookSecret: WEBHOOK_SECRET,
      aliases: environment.GITHUB_ALIASES ?? [],
      labels: environment.GITHUB_LABELS ?? [],
      bots: environment.GITHUB_BOTS ?? [],
      untaggedReplies: environment.GITHUB_UNTAGGED_REPLIES,
      ...githubServerOf(environment),
    },
    problems,
  };
}

export function slackOf(environment: Environment): Platform<SlackConfig> {
  const { SLACK_APP_TOKEN, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET } = environment;
  const { SLACK_CLIENT_ID, SLACK_CLIENT_SECRET, SLACK_API_URL } = environment;
  const problems: PlatformProblem[] = [];
  const tokens = { SLACK_APP_TOKEN, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET };
  const set = Object.entries({ ...tokens, SLACK_CLIENT_ID, SLACK_CLIENT_SECRET }).find(
    ([, value]) => value !== undefined,
  )?.[0];
  if (set === undefined) return { config: undefined, problems };
  if (SLACK_CLIENT_ID !== undefined && SLACK_CLIENT_SECRET === undefined) {
    problems.push(missing('SLACK_CLIENT_SECRET', 'SLACK_CLIENT_ID'));
  }
  if (SLACK_CLIENT_SECRET !== undefined && SLACK_CLIENT_ID === undefined) {
    problems.push(missing('SLACK_CLIENT_ID', 'SLACK_CLIENT_SECRET'));
  }
  const { SLACK_TEAMS = [] } = environment;
  // Whoever knows the address could install the app, and what they ask runs here.
  if (SLACK_BOT_TOKEN === undefined && SLACK_CLIENT_ID !== undefined && SLACK_TEAMS.length === 0) {
    problems.push(missing('SLACK_TEAMS', 'SLACK_CLIENT_ID'));
  }
  if (SLACK_BOT_TOKEN === undefined && SLACK_CLIENT_ID === undefined) {
    problems.push(missing('SLACK_BOT_TOKEN', set));
  }
  if (SLACK_APP_TOKEN === undefined && SLACK_SIGNING_SECRET === undefined) {
    problems.push(missing('SLACK_SIGNING_SECRET or SLACK_APP_TOKEN', set));
  }
  const access = accessOf(environment);
  const requesterMayApprove = environment.SLACK_REQUESTER_MAY_APPROVE;
  const canApprove = [access.approvers, access.approverGroups, access.maintainers];
  if (!requesterMayApprove && canApprove.every((ids) => ids.length === 0)) {
    problems.push(missing('SLACK_APPROVERS', 'SLACK_REQUESTER_MAY_APPROVE=false'));
  }
  if (problems.length > 0) return { config: undefined, problems };
  return {
    config: {
      access,
      requesterMayApprove,
      untaggedReplies: environment.SLACK_UNTAGGED_REPLIES,
      appToken: SLACK_APP_TOKEN,
      botToken: SLACK_BOT_TOKEN,
      signingSecret: SLACK_SIGNING_SECRET,
      oauth:
        SLACK_CLIENT_ID !== undefined && SLACK_CLIENT_SECRET !== undefined
          ? { clientId: SLACK_CLIENT_ID, clientSecret: SLACK_CLIENT_SECRET, teams: SLACK_TEAMS }
          : undefined,
      apiUrl: SLACK_API_URL,
    },
    problems,
  };
}

function accessOf(environment: Environment): SlackAccess {
  const { SLACK_CHANNELS, SLACK_APPROVERS = [], SLACK_MAINTAINERS, SLACK_BOTS } = environment;
  return {
    channels: SLACK_CHANNELS ?? [],
    approvers: SLACK_APPROVERS.filter((id) => !id.startsWith('S')),
    approverGroups: SLACK_APPROVERS.filter((id) => id.startsWith('S')),
    maintainers: SLACK_MAINTAINERS ?? [],
    guests: environment.SLACK_GUESTS,
    bots: SLACK_BOTS ?? [],
  };
}
