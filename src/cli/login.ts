/**
 * `threadcast login`: a fresh one-time link to the page. A link is good only for a server that was
 * up when it was made, so one must answer first.
 */
import type { CliConfig, Command } from './command.ts';
import { needSetup } from './need-setup.ts';
import { localAddress, runningVersion } from './running-server.ts';
import { ownCommand } from '../core/model/own-command.ts';

export const login: Command = {
  name: 'login',
  summary: 'Prints a new one-time login link of the running server.',
  async run(cli) {
    const setup = needSetup(cli);
    if (setup === undefined) return 1;
    const address = addressOf(setup.config);
    if (address === undefined) {
      cli.err('PORT is 0, so nobody knows here where the server listens. Set PORT to its port.');
      return 1;
    }
    if ((await runningVersion(address)) === undefined) {
      cli.err(
        `No Threadcast answers at ${address}. Start it first ("${ownCommand('start')}"), or set PORT and HOST as it has them.`,
      );
      return 1;
    }
    cli.out(await (await setup.services()).loginLink());
    return 0;
  },
};

function addressOf({ host, port, publicUrl }: CliConfig): string | undefined {
  return port === 0 ? publicUrl : localAddress(host, port);
}
