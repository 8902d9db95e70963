/**
 * The environment, read once and checked as a whole: either a frozen Config, or every problem at
 * once. Only this folder reads process.env.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { closest } from '../core/commands/closest.ts';
import { githubOf, githubServerOf, slackOf } from './platforms.ts';
import type { GitHubConfig, GitHubServer, SlackConfig } from './platforms.ts';
import { environmentSchema, settings } from './settings.ts';

const PREFIX = 'THREADCAST_';

type Environment = z.output<typeof environmentSchema>;

export interface Config {
  /** 0: any free port. */
  readonly port: number;
  readonly host: string;
  /** Absolute; need not exist yet. */
  readonly dataDir: string;
  /** undefined: SQLite in the data directory. */
  readonly databaseUrl: string | undefined;
  /** Without a trailing slash; undefined: the address that the server listens on. */
  readonly publicUrl: string | undefined;
  /** Turns that bots may cause in one thread within an hour. */
  readonly botTurnsPerHour: number;
  readonly logLevel: Environment['LOG_LEVEL'];
  /** Which GitHub, whether an App is configured or not. */
  readonly githubServer: GitHubServer;
  /** undefined: not configured. */
  readonly github: GitHubConfig | undefined;
  readonly slack: SlackConfig | undefined;
  /** undefined: Slack's own. */
  readonly slackApiUrl: string | undefined;
}

/** `message` is a whole sentence that names the variable and says what would be right. */
export interface ConfigProblem {
  readonly name: string;
  readonly message: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | {
      readonly ok: false;
      readonly problems: readonly ConfigProblem[];
      readonly warnings: readonly ConfigProblem[];
    };

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the process's own environment, to which a `.env` in the working directory adds the names
 * that it lacks; see parseConfig.
 */
export function readConfig(): ConfigResult {
  const file = path.resolve('.env');
  try {
    // A Node that is too old has no such function; it is told so later.
    if (existsSync(file) && 'loadEnvFile' in process) process.loadEnvFile(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      problems: [{ name: '.env', message: `${file} cannot be read: ${why}` }],
      warnings: [],
    };
  }
  return parseConfig(process.env, process.cwd());
}

/** An empty variable counts as unset. A relative data directory is resolved against `cwd`. */
export function parseConfig(variables: Variables, cwd: string): ConfigResult {
  const warnings = unknownNames(variables);
  const values = Object.fromEntries(
    settings.map(({ name, default: fallback }) => [name, variables[name]?.trim() || fallback]),
  );
  const parsed = environmentSchema.safeParse(values);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return { name, message: sentence(name, values[name], issue.message) };
    });
    return { ok: false, problems, warnings };
  }
  const github = githubOf(parsed.data);
  const slack = slackOf(parsed.data);
  const problems = [...github.problems, ...slack.problems];
  if (problems.length > 0) return { ok: false, problems, warnings };
  const platforms = { github: github.config, slack: slack.config };
  return { ok: true, config: toConfig(parsed.data, cwd, platforms), warnings };
}

function toConfig(
  environment: Environment,
  cwd: string,
  platforms: Pick<Config, 'github' | 'slack'>,
): Config {
  return Object.freeze({
    port: environment.PORT,
    host: environment.HOST,
    dataDir: path.resolve(cwd, environment.THREADCAST_DATA_DIR),
    databaseUrl: environment.DATABASE_URL,
    publicUrl: environment.PUBLIC_URL,
    botTurnsPerHour: environment.THREADCAST_BOT_TURNS,
    logLevel: environment.LOG_LEVEL,
    githubServer: githubServerOf(environment),
    slackApiUrl: environment.SLACK_API_URL,
    ...platforms,
  });
}

const SECRET = /KEY|SECRET|TOKEN|DATABASE_URL/;

/** A secret, or an address that may carry one, is never repeated. */
function sentence(name: string, value: string | undefined, rule: string): string {
  const quiet = value === undefined || SECRET.test(name) || value.includes('@');
  return `${name} ${rule}${quiet ? '' : `, not ${JSON.stringify(value)}`}.`;
}

function unknownNames(variables: Variables): readonly ConfigProblem[] {
  const known: readonly string[] = settings.map(({ name }) => name);
  return Object.keys(variables)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .toSorted()
    .map((name) => {
      const near = closest(name, known, 3) ?? closest(name.slice(PREFIX.length), known, 1);
      const hint = near === undefined ? '' : ` Did you mean ${near}?`;
      return { name, message: `${name} is not a setting and is ignored.${hint}` };
    });
}
