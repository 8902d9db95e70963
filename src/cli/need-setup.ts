/** For commands that can do nothing without a valid configuration. */
import type { Cli, Setup } from './command.ts';

/** The valid set-up; undefined after telling every problem. */
export function needSetup(cli: Cli): Extract<Setup, { ok: true }> | undefined {
  if (cli.setup.ok) return cli.setup;
  for (const problem of cli.setup.problems) cli.err(problem.message);
  return undefined;
}
