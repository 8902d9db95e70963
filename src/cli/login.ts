/** `threadcast login`: a fresh one-time link to the page, from the running server. */
import type { Command } from './command.ts';
import { needSetup } from './need-setup.ts';

export const login: Command = {
  name: 'login',
  summary: 'Prints a new one-time login link of the running server.',
  async run(cli) {
    const setup = needSetup(cli);
    if (setup === undefined) return 1;
    cli.out(await (await setup.services()).loginLink());
    return 0;
  },
};
