import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/core/model/errors.ts';
import {
  decide,
  explain,
  parseRules,
  type PolicyRequest,
} from '../../../src/core/policy/policy.ts';

function request(part: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    kind: 'execute',
    commands: [],
    paths: [],
    workspace: '/work/repo',
    author: 'trusted',
    ...part,
  };
}
const run = (...commands: readonly string[]): PolicyRequest => request({ commands });
const edit = (...paths: readonly string[]): PolicyRequest => request({ kind: 'edit', paths });

function action(rules: readonly unknown[], asked: PolicyRequest): string {
  return decide(parseRules(rules), asked).action;
}

describe('precedence', () => {
  const allow = { action: 'allow' };
  const ask = { action: 'ask' };
  const deny = { action: 'deny' };

  it('is deny, then ask, then allow, in any order of the rules; no match asks', () => {
    expect(action([], run('ls'))).toBe('ask');
    expect(action([allow], run('ls'))).toBe('allow');
    expect(action([allow, ask], run('ls'))).toBe('ask');
    expect(action([allow, ask, deny], run('ls'))).toBe('deny');
    expect(action([deny, ask, allow], run('ls'))).toBe('deny');
  });

  it('gives the rule that decided', () => {
    const rules = parseRules([allow, { ...ask, approvers: ['ada', 'bob'], quorum: 2 }]);
    expect(decide(rules, run('ls'))).toEqual({ action: 'ask', rule: rules[1], index: 1 });
    expect(decide([], run('ls'))).toEqual({ action: 'ask' });
  });

  it('counts a rule only for its kind and its authors', () => {
    expect(action([{ kind: 'edit', ...allow }], run('ls'))).toBe('ask');
    const trusted = [{ author: 'trusted', ...allow }];
    expect(action(trusted, run('ls'))).toBe('allow');
    expect(action(trusted, { ...run('ls'), author: 'untrusted' })).toBe('ask');
    expect(action([{ author: 'untrusted', ...deny }], { ...run('ls'), author: 'untrusted' })).toBe(
      'deny',
    );
  });
});

describe('a command that is allowed', () => {
  const rules = [
    { command: 'git status', action: 'allow' },
    { command: 'npm run *', action: 'allow' },
    { command: 'git log **', action: 'allow' },
    { command: ['echo', 'two words', '*'], action: 'allow' },
  ];

  it.each([
    'git status',
    '  git   status ',
    '"git" \'status\'',
    'g"it" status',
    'npm run test',
    "npm run 'a b; c'",
    'git log',
    'git log --oneline -n 3',
    'echo "two words" x',
  ])('matches token by token: %s', (line) => {
    expect(action(rules, run(line))).toBe('allow');
  });

  it.each([
    'git',
    'git status --short',
    'git Status',
    '/tmp/git status',
    './git status',
    'npm run',
    'npm run a b',
    'git "status "',
    'echo two words x',
  ])('matches nothing more than its pattern: %s', (line) => {
    expect(action(rules, run(line))).toBe('ask');
  });

  it.each([
    'git status; rm -rf /',
    'git status;rm -rf /',
    'git status && rm -rf /',
    'git status || rm -rf /',
    'git status | sh',
    'git status & rm -rf /',
    'git status > /etc/passwd',
    'git status < /etc/passwd',
    'git status\nrm -rf /',
    'git status\r\nrm -rf /',
    'git status\u2028rm -rf /',
    'git log $(rm -rf /)',
    'git log `rm -rf /`',
    'git log "$(rm -rf /)"',
    'git log "`rm -rf /`"',
    'git log $HOME',
    'git log "$HOME"',
    'git log ${IFS}x',
    'git log <(sh)',
    'git log *',
    'git log ~/x',
    'git log --file=~/x',
    'git log {a,b}',
    'git log !!',
    'git log # comment',
    'git log \\\n rm',
    'git log \\; rm',
    'git log "a\\"b"',
    'git log "open',
    "git log 'open",
    'PATH=/tmp git status',
    'A+=1 git status',
    'git\u00a0status',
    'git log \u202ex',
    'git log \u200bx',
    'git log \0x',
    'git log \ud800',
    '(git status)',
    '{ git status; }',
    '%1 x',
    '=git status',
    '',
    '   ',
    '"" git status',
    `git log ${'x'.repeat(40_000)}`,
  ])('is never one that may be more than it seems: %j', (line) => {
    expect(action([...rules, { command: '**', action: 'allow' }], run(line))).toBe('ask');
    expect(action([{ action: 'allow' }], run(line))).toBe('ask');
  });

  it('must be all that runs', () => {
    expect(action(rules, run('git status', 'git status'))).toBe('allow');
    expect(action(rules, run('git status', 'rm -rf /'))).toBe('ask');
    expect(action(rules, { ...run(), kind: 'other' })).toBe('ask');
  });

  it('must be known: some agents ask without saying what runs', () => {
    const any = [{ action: 'allow' }, { path: 'src/**', action: 'allow' }];
    expect(action(any, { ...run(), paths: ['src/a'] })).toBe('ask');
    expect(action([...any, { kind: 'execute', action: 'deny' }], run())).toBe('deny');
  });
});

describe('a command that is denied or asked for', () => {
  const rules = [
    { action: 'allow' },
    { command: 'rm **', action: 'deny' },
    { command: 'git push **', action: 'ask' },
  ];

  it.each([
    'rm -rf /',
    'ls; rm -rf /',
    'ls && rm x',
    'ls | rm',
    'echo $(rm -rf /)',
    'echo `rm x`',
    'ls\nrm x',
    '(rm x)',
    "ls; 'rm' x",
    'ls; r\\m x',
  ])('is found in any piece of a line: %s', (line) => {
    expect(action(rules, run(line))).toBe('deny');
  });

  it('is found among several', () => {
    expect(action(rules, run('ls', 'git push origin'))).toBe('ask');
    expect(action(rules, run('ls', 'echo rm'))).toBe('allow');
  });
});

describe('a path', () => {
  const rules = [
    { kind: 'edit', path: 'src/**/*.ts', action: 'allow' },
    { kind: 'edit', path: '*.md', action: 'allow' },
    { path: '.github/**', action: 'deny' },
    { path: '/etc/**', action: 'deny' },
  ];

  it.each([
    'src/a.ts',
    'src/deep/er/a.ts',
    '/work/repo/src/a.ts',
    './src//x/../a.ts',
    'README.md',
    'src/.hidden.ts',
  ])('is allowed where a glob says so: %s', (path) => {
    expect(action(rules, edit(path))).toBe('allow');
  });

  it.each([
    'src/a.js',
    'docs/README.md',
    'lib/a.ts',
    '../repo2/src/a.ts',
    'src/../../src/a.ts',
    '/work/src/a.ts',
    '/work/repo2/src/a.ts',
    '/src/a.ts',
    '../../../../../../src/a.ts',
    'src/\0/a.ts',
    'src\\..\\..\\a.ts',
    '',
  ])('is not allowed outside of it: %j', (path) => {
    expect(action(rules, edit(path))).toBe('ask');
  });

  it('that escapes the workspace is allowed by no rule', () => {
    for (const path of ['/etc/x', '../x', '/', '/work']) {
      expect(action([{ action: 'allow' }, { path: '/**', action: 'allow' }], edit(path))).toBe(
        'ask',
      );
    }
    expect(action([{ action: 'allow' }], edit('/work/repo'))).toBe('allow');
  });

  it('is denied wherever one of several matches, however it is written', () => {
    expect(action(rules, edit('src/a.ts', 'x/../.github/workflows/ci.yml'))).toBe('deny');
    expect(action(rules, edit('../../etc/passwd'))).toBe('deny');
    expect(action(rules, edit('/etc'))).toBe('deny');
    expect(action(rules, edit('src/a.ts', 'lib/a.ts'))).toBe('ask');
    // An absolute pattern is not about the workspace, nor a relative one about the rest.
    expect(action(rules, edit('etc/passwd'))).toBe('ask');
    expect(action(rules, edit('/.github/workflows/ci.yml'))).toBe('ask');
    expect(action(rules, edit())).toBe('ask');
  });

  it('says nothing of the command that touches it', () => {
    const both = [{ path: 'src/**', action: 'allow' }];
    expect(action(both, { ...run('rm -rf src'), paths: ['src/a'] })).toBe('ask');
    const covered = [{ path: 'src/**', command: 'touch *', action: 'allow' }];
    expect(action(covered, { ...run('touch src/a'), paths: ['src/a'] })).toBe('allow');
  });

  // Backtracking would take for ever, and meet the limit.
  it('is matched against hostile globs without backtracking', { timeout: 30_000 }, () => {
    const stars = [{ path: `${'*a'.repeat(2000)}/**/${'**/x/'.repeat(500)}`, action: 'allow' }];
    expect(action(stars, edit(`${'a'.repeat(4000)}b/${'x/'.repeat(2000)}y`))).toBe('ask');
  });
});

describe('rules from a file', () => {
  const fault = (input: unknown): unknown => {
    try {
      return parseRules(input);
    } catch (error) {
      return isAppError(error, 'invalid') ? [error.message, error.details['field']] : error;
    }
  };

  it('name the field that is wrong', () => {
    expect(fault([{ action: 'allow' }, { action: 'deny', comand: 'rm' }])).toMatchInlineSnapshot(`
      [
        "rules[1].comand: is no field of a policy rule.",
        "rules[1].comand",
      ]
    `);
    expect(fault([{ action: 'maybe' }])).toMatchInlineSnapshot(`
      [
        "rules[0].action: Invalid option: expected one of "allow"|"ask"|"deny".",
        "rules[0].action",
      ]
    `);
    expect(fault([{ action: 'allow', kind: 'write' }])).toMatchInlineSnapshot(`
      [
        "rules[0].kind: Invalid option: expected one of "read"|"edit"|"delete"|"move"|"search"|"execute"|"think"|"fetch"|"switch_mode"|"other".",
        "rules[0].kind",
      ]
    `);
    expect(fault([{ action: 'allow', command: ' ' }])).toMatchInlineSnapshot(`
      [
        "rules[0].command: names no command.",
        "rules[0].command",
      ]
    `);
    expect(fault([{ action: 'allow', command: 'git ** push' }])).toMatchInlineSnapshot(`
      [
        "rules[0].command: \`**\` may only be the last token.",
        "rules[0].command",
      ]
    `);
    expect(fault([{ action: 'allow', quorum: 2 }])).toMatchInlineSnapshot(`
      [
        "rules[0]: \`approvers\` and \`quorum\` only go with \`action: ask\`.",
        "rules[0]",
      ]
    `);
    expect(fault({})).toMatchInlineSnapshot(`
      [
        "rules: Invalid input: expected array, received object.",
        "rules",
      ]
    `);
  });
});

describe('explain', () => {
  it('says for every rule why it matched or did not', () => {
    const rules = parseRules([
      { kind: 'edit', action: 'deny' },
      { command: 'git push **', action: 'ask' },
      { command: 'git status', action: 'allow' },
      { path: 'src/**', action: 'allow' },
      { author: 'untrusted', action: 'ask' },
      { action: 'allow' },
    ]);
    expect(explain(rules, run('git status')).join('\n')).toMatchInlineSnapshot(`
      "allow: rule 3
      rule 1 (deny edit): kind is execute
      rule 2 (ask command git push **): no command matches
      rule 3 (allow command git status): matches, and decides
      rule 4 (allow path src/**): there is no path
      rule 5 (ask untrusted author): author is trusted
      rule 6 (allow anything): matches"
    `);
    expect(explain(rules, run('git status; rm -rf /')).join('\n')).toMatchInlineSnapshot(`
      "ask: no rule matches
      rule 1 (deny edit): kind is execute
      rule 2 (ask command git push **): no command matches
      rule 3 (allow command git status): the command is not one simple command: it has \`;\` outside quotes
      rule 4 (allow path src/**): the command is not one simple command: it has \`;\` outside quotes
      rule 5 (ask untrusted author): author is trusted
      rule 6 (allow anything): the command is not one simple command: it has \`;\` outside quotes"
    `);
    expect(explain([], run('ls'))).toEqual(['ask: no rule matches']);
  });
});
