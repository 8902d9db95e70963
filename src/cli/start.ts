/**
 * `threadcast start`: runs the server until a signal.
 *
 *   starting --ready--> running --SIGTERM/SIGINT--> stopping --> exit 0
 *      any state: second signal -> exit 130/143 at once; 10 s after the first -> exit 1
 */
import * as nodeModule from 'node:module';
import path from 'node:path';
import type { Cli, Command, ServerApp } from './command.ts';
import { startSentence } from './sentence.ts';
import { settleMemory } from './settle-memory.ts';
import { ownCommand } from '../core/model/own-command.ts';

/** Container runtimes kill 10 s after SIGTERM: be gone before. */
const STOP_DEADLINE_MS = 9_500;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

export const start: Command = {
  name: 'start',
  summary: 'Runs the server (also without a command).',
  async run(cli) {
    const { setup } = cli;
    if (!setup.ok) {
      cli.err(
        ['Threadcast cannot start:', ...setup.problems.map((p) => `  ${p.message}`)].join('\n'),
      );
      return 1;
    }
    const signal = firstSignal(cli);
    let app: ServerApp | undefined;
    try {
      app = await (await setup.services()).createApp();
      const { url, loginUrl } = await app.start();
      settleMemory();
      cli.out(welcome(cli.version, url, loginUrl, setup.config.dataDir));
      // Otherwise only an orderly end keeps what was compiled, and the next start of a server that
      // was killed takes half as long again.
      if ('flushCompileCache' in nodeModule) nodeModule.flushCompileCache();
    } catch (error) {
      cli.err(`Threadcast cannot start:\n  ${startSentence(error, setup.config)}`);
      await app?.stop('the start failed');
      return 1;
    }
    const name = await signal;
    cli.err(`${name}: stopping; what was accepted is stored. Again to leave at once.`);
    await app.stop(name);
    return 0;
  },
};

/**
 * Resolves with the first signal. From then on the process ends in any case: at the second signal,
 * or when the deadline passes, even if the start has not come to its end yet.
 */
function firstSignal(cli: Cli): Promise<StopSignal> {
  return new Promise((resolve) => {
    let signalled = false;
    const onSignal = (name: StopSignal): void => {
      if (signalled) {
        cli.exit(EXIT_CODES[name]);
        return;
      }
      signalled = true;
      setTimeout(() => {
        cli.err('Stopping took too long; leaving now. The next start picks up what is stored.');
        cli.exit(1);
      }, STOP_DEADLINE_MS).unref();
      resolve(name);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

function welcome(version: string, url: string, loginUrl: string, dataDir: string): string {
  return [
    '',
    `  Threadcast ${version} is ready at ${url}`,
    '',
    `  Log in once  ${loginUrl}`,
    `               (works one time; "${ownCommand('login')}" prints a new one)`,
    `  Admin token  ${path.join(dataDir, 'admin-token')}`,
    `  API          ${url}/api/docs`,
    '',
    '  Ctrl+C stops the server.',
    '',
  ].join('\n');
}
