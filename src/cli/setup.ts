/** `threadcast setup github` and `threadcast setup slack`. */
import type { Command } from './command.ts';
import { setupGitHub } from './setup/github.ts';
import { setupSlack } from './setup/slack.ts';
import { ownCommand } from '../core/model/own-command.ts';

export const setup: Command = {
  name: 'setup',
  summary: 'Makes the app: "setup github" (--org NAME, --host GHE_HOST) or "setup slack" (--http).',
  takesArguments: true,
  async run(cli, [platform, ...args]) {
    if (platform === 'github') return setupGitHub(cli, args);
    if (platform === 'slack') return setupSlack(cli, args);
    cli.err(`Say which: "${ownCommand('setup github')}" or "${ownCommand('setup slack')}".`);
    return 2;
  },
};
