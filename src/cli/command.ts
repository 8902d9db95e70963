/**
 * What the commands of `threadcast` are given. They know nothing of the rest of the program:
 * main.ts passes the configuration, and app.ts the services that need database, agents or server.
 */
import type { GitHubServer } from './github-site.ts';

/** The part of the configuration that commands look at; the fields are those of `Config`. */
export interface CliConfig {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly publicUrl: string | undefined;
  /** Which GitHub, whether an App is configured or not. */
  readonly githubServer: GitHubServer;
  /** undefined: not configured. */
  readonly github: CliGitHub | undefined;
  readonly slack: CliSlack | undefined;
  /** As in CliSlack, whether Slack is configured or not. */
  readonly slackApiUrl: string | undefined;
}

interface CliGitHub extends GitHubServer {
  readonly appId: number;
  readonly privateKey: { readonly pem: string } | { readonly file: string };
}

export interface CliSlack {
  readonly appToken: string | undefined;
  readonly botToken: string | undefined;
  /** Without a slash at the end; undefined: Slack's own. */
  readonly apiUrl: string | undefined;
}

export interface CliProblem {
  readonly name: string;
  readonly message: string;
}

/** A running server, as app.ts makes it. */
export interface ServerApp {
  /** Resolves when it is ready for requests. Rejects with a sentence that a person can act on. */
  start(): Promise<{ readonly url: string; readonly loginUrl: string }>;
  /** Stops intake, flushes, releases. Safe after a failed start. */
  stop(reason: string): Promise<void>;
}

export interface AgentStatus {
  readonly id: string;
  readonly name: string;
  /** What is missing before it can start here, each a thing to do; empty: it can. */
  readonly missing: readonly string[];
}

/** One thing that `threadcast doctor` looked at. */
export type Finding =
  | { readonly state: 'good'; readonly says: string }
  /** Worth knowing, nothing to mend. */
  | { readonly state: 'note'; readonly says: string }
  | { readonly state: 'bad'; readonly says: string; readonly mend: string };

/** What there is before a start; `known` is the schema that this program works with. */
export type DatabaseState =
  | { readonly kind: string; readonly state: 'absent' | 'in use' | 'unread' }
  | {
      readonly kind: string;
      readonly state: 'there';
      readonly version: number;
      readonly known: number;
    };

/** What app.ts does for commands. Loading it loads the program, so it is asked for only in need. */
export interface CliServices {
  createApp(): Promise<ServerApp>;
  /** The built-in agent templates, in the order in which they are listed. */
  agents(): Promise<readonly AgentStatus[]>;
  /** Looks at the database and changes nothing. Rejects when it does not answer. */
  inspectDatabase(): Promise<DatabaseState>;
  /** Ids of the workspaces that installed the app; undefined: only the running server could tell. */
  slackWorkspaces(): Promise<readonly string[] | undefined>;
  /** A fresh one-time login link for a running server on this data directory. */
  loginLink(): Promise<string>;
}

export type Setup =
  | {
      readonly ok: true;
      readonly config: CliConfig;
      readonly warnings: readonly CliProblem[];
      services(): Promise<CliServices>;
    }
  | {
      readonly ok: false;
      readonly problems: readonly CliProblem[];
      readonly warnings: readonly CliProblem[];
    };

export interface Cli {
  readonly version: string;
  /** Of the Node that runs us, without the `v`. */
  readonly nodeVersion: string;
  /** The settings, ready to print. */
  readonly settingsHelp: string;
  readonly setup: Setup;
  /** The working directory; absolute. */
  readonly cwd: string;
  /** Whole lines for stdout and stderr. */
  out(text: string): void;
  err(text: string): void;
  /** The answer, not shown while it is typed; undefined: nobody is there to ask, or they left. */
  ask(question: string): Promise<string | undefined>;
  /** Ends the process at once. */
  exit(code: number): void;
}

export interface Command {
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /** It reads its arguments itself; others take none. */
  readonly takesArguments?: true;
  /** Gives the exit code. */
  run(cli: Cli, args: readonly string[]): Promise<number>;
}
