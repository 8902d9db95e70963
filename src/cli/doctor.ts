/**
 * `threadcast doctor`: looks at everything that a start needs and says the mend for each problem.
 * A check that breaks is itself a finding; the others go on.
 */
import { checkAgents } from './checks/agents.ts';
import { checkClock } from './checks/clock.ts';
import { checkDataDirectory } from './checks/data-directory.ts';
import { checkDatabase } from './checks/database.ts';
import { checkGit } from './checks/git.ts';
import { checkGitHub } from './checks/github.ts';
import { checkNode } from './checks/node.ts';
import { probeWebhooks } from './checks/probe.ts';
import { checkPort } from './checks/port.ts';
import { checkPublicUrl } from './checks/public-url.ts';
import { checkSlack } from './checks/slack.ts';
import { checkWorkspaces } from './checks/slack-workspaces.ts';
import type { Cli, CliConfig, CliServices, Command, Finding } from './command.ts';
import { WEBHOOK_PATH } from './github-site.ts';
import { readGitHubManifest, readSlackManifest } from './manifests.ts';
import { findingLine } from './mark.ts';
import { sentenceOf } from './sentence.ts';

type Check = () => readonly Finding[] | Promise<readonly Finding[]>;

export const doctor: Command = {
  name: 'doctor',
  summary: 'Checks what is configured and says how to mend each problem.',
  async run(cli) {
    const findings: Finding[] = [];
    for (const check of checksFor(cli)) findings.push(...(await guarded(check)));
    cli.out(findings.map(findingLine).join('\n'));
    const bad = findings.filter(({ state }) => state === 'bad').length;
    cli.out(bad === 0 ? '\nAll well.' : `\n${bad} to mend.`);
    return bad === 0 ? 0 : 1;
  },
};

function checksFor(cli: Cli): readonly Check[] {
  const { setup } = cli;
  const always: readonly Check[] = [() => checkNode(cli.nodeVersion), () => checkGit('git')];
  if (!setup.ok) {
    const problems = setup.problems.map(({ message }): Finding => {
      return { state: 'bad', says: message, mend: 'Set it right, or unset it for its default.' };
    });
    return [...always, () => problems];
  }
  const { config } = setup;
  let loading: Promise<CliServices> | undefined;
  const services = (): Promise<CliServices> => (loading ??= setup.services());
  return [
    ...always,
    () => checkClock(config.dataDir, Date.now()),
    () => checkDataDirectory(config.dataDir),
    async () => checkDatabase((await services()).inspectDatabase),
    () => checkPort(config),
    () => checkPublicUrl(config),
    ...platformChecks(config, services),
    async () => checkAgents(await (await services()).agents()),
  ];
}

/** Of those that are configured. */
function platformChecks(config: CliConfig, services: () => Promise<CliServices>): readonly Check[] {
  const { github, slack } = config;
  const checks: Check[] = [];
  if (github !== undefined) {
    checks.push(
      async () => checkGitHub({ ...config, github }, await readGitHubManifest(), Date.now),
      () => probeWebhooks('GitHub', WEBHOOK_PATH, config),
    );
  }
  if (slack !== undefined) {
    checks.push(async () => checkSlack({ ...config, slack }, await readSlackManifest(), Date.now));
    if (slack.botToken === undefined) {
      checks.push(async () => checkWorkspaces(config, (await services()).slackWorkspaces));
    }
  }
  return checks;
}

async function guarded(check: Check): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [{ state: 'bad', says: sentenceOf(error), mend: 'This check could not be made.' }];
  }
}
