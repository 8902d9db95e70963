import { describe, expect, it } from 'vitest';
import { builtinTemplates, checkTemplate } from '../../src/acp/builtin-templates.ts';

const templates = builtinTemplates({ nodePath: '/node', exampleAgentPath: '/example.ts' });

describe('the built-in templates', () => {
  it('launch each agent by an exact version', () => {
    const launches = templates.map(
      ({ id, spawn }) => `${id}: ${spawn.command} ${spawn.args.join(' ')}`,
    );
    expect(launches).toMatchInlineSnapshot(`
      [
        "example: /node /example.ts",
        "claude: npx -y @agentclientprotocol/claude-agent-acp@0.100.0",
        "codex: npx -y @agentclientprotocol/codex-acp@2.6.0",
        "gemini: npx -y @google/gemini-cli@0.61.0 --acp",
        "opencode: npx -y opencode-ai@1.18.33 acp",
        "qwen: npx -y @qwen-code/qwen-code@0.24.4 --acp --auth-type=openai",
        "copilot: npx -y @github/copilot@1.0.102 --acp",
        "cline: npx -y cline@3.0.65 --acp",
        "kilo: npx -y @kilocode/cli@7.7.7 acp",
      ]
    `);
  });

  it('let no agent see a variable that is a secret of the server', () => {
    const names = new Set(templates.flatMap(({ passEnv }) => passEnv ?? []));
    for (const name of names) expect(name).not.toMatch(/DATABASE|THREADCAST|SLACK|PRIVATE/);
  });
});

describe('whether a template can start here', () => {
  const template = (id: string) => templates.find((one) => one.id === id) ?? templates[0];
  const check = (id: string, env: Record<string, string>, found = true) => {
    const one = template(id);
    if (one === undefined) throw new Error(id);
    return checkTemplate(one, env, () => found);
  };

  it('is true for the example agent without anything', () => {
    expect(check('example', {})).toEqual({ canStart: true, missing: [] });
  });

  it('needs one of the keys of the agent', () => {
    expect(check('codex', { CODEX_API_KEY: 'k' }).canStart).toBe(true);
    expect(check('codex', { CODEX_API_KEY: '' })).toEqual({
      canStart: false,
      missing: ['Set OPENAI_API_KEY or CODEX_API_KEY or CODEX_HOME.'],
    });
  });

  it('needs the command', () => {
    expect(check('claude', { ANTHROPIC_API_KEY: 'k' }, false).missing).toEqual([
      'Install npm: its command "npx" is not on the PATH.',
    ]);
  });
});
