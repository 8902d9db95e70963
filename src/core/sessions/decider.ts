/** From a permission request to what the policy rules look at. */
import type { PolicyRule } from '../policy/policy.ts';
import { decide } from '../policy/policy.ts';
import type { DecidePermission } from './permission-desk.ts';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** Shells that agents put in front of the line that really runs. */
const SHELL = /^(?:.*\/)?(?:ba|z|da)?sh$/;
const RUN_LINE = /^-[a-z]*c$/;

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** argv as one line: that of `bash -lc <line>`, or every word quoted. */
function lineOf(argv: readonly string[]): string {
  const [shell = '', option = '', line, ...more] = argv;
  const unwraps = SHELL.test(shell) && RUN_LINE.test(option) && more.length === 0;
  return unwraps && line !== undefined ? line : argv.map(quoted).join(' ');
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

/** Command lines as agents report them: `command`, one string or an argv, or `commands`. */
function commandsOf(toolCall: Fields): readonly string[] {
  const { command, commands } = fieldsOf(toolCall['rawInput']);
  const argv = textsOf(command);
  return [
    ...textsOf(commands),
    ...(typeof command === 'string' ? [command] : []),
    ...(argv.length > 0 ? [lineOf(argv)] : []),
  ];
}

function pathsOf(toolCall: Fields): readonly string[] {
  const places = [...listOf(toolCall['locations']), ...listOf(toolCall['content'])];
  return [...new Set(places.map((place) => place['path']))].filter(
    (path) => typeof path === 'string',
  );
}

/**
 * Asks the rules before people are asked. Without a matching rule people are asked. In a session
 * that has read what outsiders wrote, an allow for trusted authors counts for nothing.
 */
export function createDecider(rules: readonly PolicyRule[]): DecidePermission {
  return ({ kind, toolCall, workspace, tainted }) => {
    const decision = decide(rules, {
      kind: kind ?? 'other',
      commands: commandsOf(toolCall),
      paths: pathsOf(toolCall),
      workspace,
      author: tainted ? 'untrusted' : 'trusted',
    });
    if (decision.action === 'ask') return { action: 'ask' };
    return { action: decision.action, rule: `rule ${(decision.index ?? 0) + 1}` };
  };
}
