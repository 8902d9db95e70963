import { expect, test } from 'vitest';
import type { AgentStatus } from '../../src/cli/command.ts';
import { run } from '../../src/cli/run.ts';
import { AppError } from '../../src/core/model/errors.ts';
import { fakeCli, invalidSetup, validSetup } from './fake-cli.ts';

const someAgents: readonly AgentStatus[] = [
  { id: 'example', name: 'Example agent', missing: [] },
  {
    id: 'claude-code',
    name: 'Claude Code',
    missing: ['Set ANTHROPIC_API_KEY.', 'Install npx, which comes with Node.'],
  },
];

test.each([[['--help']], [['-h']], [['help']], [['start', '--help']]])(
  '%j prints what there is, whatever the configuration',
  async (args) => {
    const cli = fakeCli(invalidSetup);
    expect(await run(args, cli)).toBe(0);
    expect(cli.stdout()).toMatch(/^Threadcast 1\.2\.3: /);
    expect(cli.stdout()).toContain('  doctor    Checks what is configured');
    expect(cli.stdout()).toContain('PORT  the port');
    expect(cli.stderr()).toBe('');
  },
);

test('--version prints the version and nothing else', async () => {
  const cli = fakeCli(invalidSetup);
  expect(await run(['--version'], cli)).toBe(0);
  expect(cli.stdout()).toBe('1.2.3');
});

test.each([
  [['strat'], 'There is no command "strat".'],
  [['--prot', '1'], 'There is no option --prot.'],
  [['-x'], 'There is no option -x.'],
  [['login', 'now'], '"threadcast login" takes no "now".'],
])('%j is refused with code 2 and a way on', async (args, sentence) => {
  const cli = fakeCli(validSetup());
  expect(await run(args, cli)).toBe(2);
  expect(cli.stderr()).toBe(`${sentence}\nRun "threadcast --help" to see what there is.`);
});

test('without a command the server is started, and a wrong configuration is told whole', async () => {
  const cli = fakeCli(invalidSetup);
  expect(await run([], cli)).toBe(1);
  expect(cli.stderr()).toMatchInlineSnapshot(`
    "Threadcast cannot start:
      PORT must be a whole number.
      HOST must be a host name."
  `);
});

test.each(['start', 'doctor', 'agents', 'login'])(
  '%s tells a Node that is too old',
  async (name) => {
    const cli = { ...fakeCli(validSetup()), nodeVersion: '20.20.2' };
    expect(await run([name], cli)).toBe(1);
    expect(cli.stderr()).toMatch(/^Node 20\.20\.2 is too old\.\nUse 22\.20 or newer\./);
  },
);

test('warnings come first', async () => {
  const warnings = [{ name: 'THREADCAST_X', message: 'THREADCAST_X is not a setting.' }];
  const cli = fakeCli({ ...validSetup({ agents: async () => someAgents }), warnings });
  expect(await run(['agents'], cli)).toBe(0);
  expect(cli.stderr()).toBe('Warning: THREADCAST_X is not a setting.');
});

test('agents lists what can start here and what the others need', async () => {
  const cli = fakeCli(validSetup({ agents: async () => someAgents }));
  expect(await run(['agents'], cli)).toBe(0);
  expect(`\n${cli.stdout()}`).toMatchInlineSnapshot(`
    "
    ✓ example      Example agent
    ✗ claude-code  Claude Code
                   Set ANTHROPIC_API_KEY.
                   Install npx, which comes with Node."
  `);
});

test('an error that people may see is shown as its sentence, without a stack', async () => {
  const broken = async () => {
    throw new AppError('unavailable', 'The PATH cannot be read. Set it.');
  };
  const cli = fakeCli(validSetup({ agents: broken }));
  expect(await run(['agents'], cli)).toBe(1);
  expect(cli.stderr()).toBe('The PATH cannot be read. Set it.');
});

test.each(['agents', 'login'])('%s tells every problem of the configuration', async (name) => {
  const cli = fakeCli(invalidSetup);
  expect(await run([name], cli)).toBe(1);
  expect(cli.stderr()).toBe('PORT must be a whole number.\nHOST must be a host name.');
});
