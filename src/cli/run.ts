/** `threadcast <command>`: finds the command in the table, runs it, gives the exit code. */
import { parseArgs } from 'node:util';
import { agents } from './agents.ts';
import { checkNode } from './checks/node.ts';
import type { Cli, Command } from './command.ts';
import { doctor } from './doctor.ts';
import { login } from './login.ts';
import { sentenceOf } from './sentence.ts';
import { setup } from './setup.ts';
import { start } from './start.ts';

const commands: readonly Command[] = [start, doctor, agents, login, setup];

/** Exit codes: 0 done, 1 failed, 2 wrongly called. Without a command: `start`. Never rejects. */
export async function run(args: readonly string[], cli: Cli): Promise<number> {
  const call = parse(args);
  if (call.kind === 'wrong') {
    cli.err(`${call.message}\nRun "threadcast --help" to see what there is.`);
    return 2;
  }
  if (call.kind !== 'run') {
    cli.out(call.kind === 'help' ? help(cli) : cli.version);
    return 0;
  }
  const [node] = checkNode(cli.nodeVersion);
  if (node?.state === 'bad') {
    // Nothing else could be loaded.
    cli.err(`${node.says}\n${node.mend}`);
    return 1;
  }
  for (const warning of cli.setup.warnings) cli.err(`Warning: ${warning.message}`);
  try {
    return await call.command.run(cli, call.args);
  } catch (error) {
    cli.err(sentenceOf(error));
    return 1;
  }
}

type Call =
  | { readonly kind: 'run'; readonly command: Command; readonly args: readonly string[] }
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'wrong'; readonly message: string };

function parse(args: readonly string[]): Call {
  const [first, ...rest] = args;
  const reader = commands.find(({ name, takesArguments }) => name === first && takesArguments);
  if (reader !== undefined && !rest.some((arg) => arg === '--help' || arg === '-h')) {
    return { kind: 'run', command: reader, args: rest };
  }
  const options = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  } as const;
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'help') return { kind: 'help' };
    if (token.name === 'version') return { kind: 'version' };
    return { kind: 'wrong', message: `There is no option ${token.rawName}.` };
  }
  const [name = 'start', extra] = words;
  if (name === 'help') return { kind: 'help' };
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return { kind: 'wrong', message: `There is no command "${name}".` };
  if (extra !== undefined) {
    return { kind: 'wrong', message: `"threadcast ${name}" takes no "${extra}".` };
  }
  return { kind: 'run', command, args: [] };
}

function help(cli: Cli): string {
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`);
  return [
    `Threadcast ${cli.version}: work with coding agents where your team already talks.`,
    '',
    'Usage: threadcast [command]',
    '',
    ...list,
    '',
    '  --help    this text',
    '  --version the version',
    '',
    'Settings, from the environment:',
    '',
    cli.settingsHelp,
  ].join('\n');
}
