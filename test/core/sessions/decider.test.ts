import { describe, expect, it } from 'vitest';
import { parseRules } from '../../../src/core/policy/policy.ts';
import { createDecider } from '../../../src/core/sessions/decider.ts';

const decide = createDecider(
  parseRules([
    { kind: 'execute', command: 'git status', action: 'allow' },
    { kind: 'execute', command: 'ls', action: 'allow' },
    { path: '/etc/**', action: 'deny' },
    { kind: 'edit', path: 'docs/**', action: 'allow' },
  ]),
);
const execute = (rawInput: object) =>
  decide({ kind: 'execute', toolCall: { rawInput }, workspace: '/work', tainted: true }).action;

describe('the policy, asked about a permission request', () => {
  it('sees the command however the agent reports it', () => {
    expect(execute({ command: 'git status' })).toBe('allow');
    expect(execute({ command: ['git', 'status'] })).toBe('allow');
    expect(execute({ command: ['/bin/bash', '-lc', 'git status'] })).toBe('allow');
    expect(execute({ commands: ['git status', 'ls'] })).toBe('ask');
  });

  it('is not fooled by what stands before the command', () => {
    expect(execute({ command: ['sudo', 'ls'] })).toBe('ask');
    expect(execute({ command: ['bash', '-c', 'rm -rf .', 'ls'] })).toBe('ask');
    expect(execute({ command: "ls'; rm -rf ." })).toBe('ask');
    expect(execute({})).toBe('ask');
  });

  it('sees the paths of locations and diffs', () => {
    const edit = (toolCall: object) =>
      decide({ kind: 'edit', toolCall: { ...toolCall }, workspace: '/work', tainted: true });
    expect(edit({ content: [{ type: 'diff', path: '/work/docs/a.md' }] }).action).toBe('allow');
    expect(
      edit({ locations: [{ path: '/work/docs/a.md' }], content: [{ path: '/etc/passwd' }] }),
    ).toEqual({ action: 'deny', rule: 'rule 3' });
    expect(edit({ content: 'nonsense', locations: null }).action).toBe('ask');
  });
});
