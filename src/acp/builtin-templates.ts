/**
 * The agents that come with Threadcast. Versions are exact: under an old Node, or a year later, npm
 * would silently bring another agent than the one whose wire we have recorded.
 */
import type { AgentTemplate } from '../core/model/agent.ts';

type BuiltinTemplate = Omit<AgentTemplate, 'version' | 'managed'>;

interface NpmAgent {
  readonly id: string;
  readonly name: string;
  /** npm package with its exact version. */
  readonly spec: string;
  readonly args: readonly string[];
  /**
   * Variables that log it in, by a key or by the directory of an earlier login: one of them must
   * be set, as each session has an empty HOME.
   */
  readonly keys: readonly string[];
  /** More variables that it understands. */
  readonly also?: readonly string[];
}

const PROVIDER_KEYS = [
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'GEMINI_API_KEY',
  'OPENROUTER_API_KEY',
] as const;

const NPM_AGENTS: readonly NpmAgent[] = [
  {
    id: 'claude',
    name: 'Claude Code',
    spec: '@agentclientprotocol/claude-agent-acp@0.100.0',
    args: [],
    keys: [
      'ANTHROPIC_API_KEY',
      'ANTHROPIC_AUTH_TOKEN',
      'CLAUDE_CODE_OAUTH_TOKEN',
      'CLAUDE_CONFIG_DIR',
    ],
    also: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_MODEL'],
  },
  {
    id: 'codex',
    name: 'Codex',
    spec: '@agentclientprotocol/codex-acp@2.6.0',
    args: [],
    keys: ['OPENAI_API_KEY', 'CODEX_API_KEY', 'CODEX_HOME'],
    also: ['OPENAI_BASE_URL'],
  },
  {
    id: 'gemini',
    name: 'Gemini CLI',
    spec: '@google/gemini-cli@0.61.0',
    args: ['--acp'],
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    also: ['GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION'],
  },
  {
    id: 'opencode',
    name: 'OpenCode',
    spec: 'opencode-ai@1.18.33',
    args: ['acp'],
    keys: ['OPENCODE_API_KEY', ...PROVIDER_KEYS],
  },
  {
    id: 'qwen',
    name: 'Qwen Code',
    spec: '@qwen-code/qwen-code@0.24.4',
    // Without the second argument it wants a choice in its settings, and a HOME of ours has none.
    args: ['--acp', '--auth-type=openai'],
    keys: ['OPENAI_API_KEY'],
    also: ['OPENAI_BASE_URL', 'OPENAI_MODEL'],
  },
  {
    id: 'copilot',
    name: 'GitHub Copilot',
    spec: '@github/copilot@1.0.102',
    args: ['--acp'],
    keys: ['COPILOT_GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'],
  },
  {
    id: 'cline',
    name: 'Cline',
    spec: 'cline@3.0.65',
    args: ['--acp'],
    keys: ['CLINE_API_KEY', 'CLINE_DIR'],
    also: ['CLINE_PROVIDER', 'CLINE_MODEL', 'CLINE_PROVIDER_SETTINGS_PATH'],
  },
  {
    id: 'kilo',
    name: 'Kilo Code',
    spec: '@kilocode/cli@7.7.7',
    args: ['acp'],
    keys: ['KILO_API_KEY', ...PROVIDER_KEYS],
  },
];

/** What npm and the agents need behind a company's proxy. */
const NETWORK = [
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'NPM_CONFIG_REGISTRY',
] as const;

export interface BuiltinTemplateOptions {
  /** The Node that runs the server. */
  readonly nodePath: string;
  /** Absolute path of `src/example-agent/main.ts`. */
  readonly exampleAgentPath: string;
}

/** All of them run on `local`; `example` is the first and needs nothing. */
export function builtinTemplates(options: BuiltinTemplateOptions): readonly BuiltinTemplate[] {
  const example: BuiltinTemplate = {
    id: 'example',
    name: 'Example agent',
    spawn: { command: options.nodePath, args: [options.exampleAgentPath] },
    runtime: { provider: 'local' },
  };
  return [example, ...NPM_AGENTS.map(templateOf)];
}

function templateOf(agent: NpmAgent): BuiltinTemplate {
  return {
    id: agent.id,
    name: agent.name,
    spawn: { command: 'npx', args: ['-y', agent.spec, ...agent.args] },
    runtime: { provider: 'local' },
    passEnv: [...agent.keys, ...(agent.also ?? []), ...NETWORK],
  };
}

/** Names of the variables that log in the agent that is started with these arguments, if we know it. */
export const loginVariables = (args: readonly string[]): readonly string[] =>
  NPM_AGENTS.find(({ spec }) => args.includes(spec))?.keys ?? [];

export interface TemplateCheck {
  readonly canStart: boolean;
  /** What is missing, each a thing to do as a sentence; empty when it can start. */
  readonly missing: readonly string[];
}

/**
 * Whether a template could start here: its command is found, and one of its login variables is
 * set. Says nothing about whether a key is valid. `findCommand` looks on the PATH.
 */
export function checkTemplate(
  template: Pick<AgentTemplate, 'id' | 'spawn' | 'env'>,
  env: Readonly<Record<string, string | undefined>>,
  findCommand: (command: string) => boolean,
): TemplateCheck {
  const missing: string[] = [];
  const { command } = template.spawn;
  if (!findCommand(command)) {
    missing.push(
      command === 'npx'
        ? 'Install npm: its command "npx" is not on the PATH.'
        : `Install "${command}", or correct the command: it was not found.`,
    );
  }
  const keys = NPM_AGENTS.find(({ id }) => id === template.id)?.keys ?? [];
  if (keys.length > 0 && !keys.some((key) => (template.env?.[key] ?? env[key] ?? '') !== '')) {
    missing.push(`Set ${keys.join(' or ')}.`);
  }
  return { canStart: missing.length === 0, missing };
}
