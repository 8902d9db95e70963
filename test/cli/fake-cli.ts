/** A command line whose output is kept, over services that a test chooses. */
import { stripVTControlCharacters } from 'node:util';
import type { Cli, CliConfig, CliServices, Setup } from '../../src/cli/command.ts';

export interface FakeCli extends Cli {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** `answers`: what the person types when asked, one after the other; then they leave. */
export function fakeCli(setup: Setup, cwd = '/nowhere', answers: readonly string[] = []): FakeCli {
  const left = [...answers];
  const out: string[] = [];
  const err: string[] = [];
  return {
    version: '1.2.3',
    nodeVersion: process.versions.node,
    settingsHelp: '  PORT  the port',
    setup,
    cwd,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    ask: async (question) => {
      out.push(question);
      return left.shift();
    },
    exit: (code) => err.push(`exit ${code}`),
    stdout: () => stripVTControlCharacters(out.join('\n')),
    stderr: () => stripVTControlCharacters(err.join('\n')),
  };
}

const refuse = (): never => {
  throw new Error('this test has no such service');
};

export function validSetup(
  services: Partial<CliServices> = {},
  config: Partial<CliConfig> = {},
): Setup {
  return {
    ok: true,
    warnings: [],
    config: {
      port: 0,
      host: '127.0.0.1',
      dataDir: '/nowhere/threadcast',
      databaseUrl: undefined,
      publicUrl: undefined,
      githubServer: { host: undefined, protocol: 'https' },
      github: undefined,
      slack: undefined,
      slackApiUrl: undefined,
      ...config,
    },
    services: async () => ({
      createApp: refuse,
      agents: refuse,
      inspectDatabase: refuse,
      slackWorkspaces: refuse,
      loginLink: refuse,
      ...services,
    }),
  };
}

export const invalidSetup: Setup = {
  ok: false,
  warnings: [],
  problems: [
    { name: 'PORT', message: 'PORT must be a whole number.' },
    { name: 'HOST', message: 'HOST must be a host name.' },
  ],
};
