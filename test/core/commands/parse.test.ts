import { describe, expect, it } from 'vitest';
import type { ParsedMessage } from '../../../src/core/commands/command.ts';
import { GRAMMAR, verbOf } from '../../../src/core/commands/grammar.ts';
import { parseMessage, type ParseOptions } from '../../../src/core/commands/parse.ts';
import { roleOf } from '../../../src/core/model/verbs.ts';

function unbound(text: string, options: Partial<ParseOptions> = {}): ParsedMessage {
  return parseMessage(text, { mentions: ['threadcast'], bound: false, ...options });
}
const bound = (text: string, options: Partial<ParseOptions> = {}): ParsedMessage =>
  unbound(text, { bound: true, ...options });
const prompt = (text: string, options = {}): ParsedMessage => ({ kind: 'prompt', text, options });
const command = (found: Extract<ParsedMessage, { kind: 'command' }>['command']): ParsedMessage => ({
  kind: 'command',
  command: found,
});
const ignored = (reason: string) => ({ kind: 'ignored', reason });

describe('every verb of the grammar', () => {
  const now = GRAMMAR.filter((row) => row.available === true);
  const later = GRAMMAR.filter((row) => row.available === 'later');

  it.each(now.map((row) => [row.verb, row.example]))(
    '%s: its example is a command',
    (verb, text) => {
      const parsed = unbound(`@threadcast ${text}`);
      expect(parsed).toMatchObject({ kind: 'command', command: { verb } });
      expect(bound(`/${text}`)).toEqual(parsed);
      expect(unbound(`@threadcast /${text.toUpperCase()}`)).toMatchObject({ command: { verb } });
    },
  );

  it.each(later.map((row) => [row.verb, row.example]))('%s is not available yet', (verb, text) => {
    const error = { kind: 'error', message: `\`${verb}\` is not available yet.`, verb };
    expect(unbound(`@threadcast ${text}`)).toEqual(error);
    expect(bound(`/${text}`)).toEqual(error);
  });

  it('is named once, aliases included', () => {
    const words = GRAMMAR.flatMap((row) => [row.verb, ...row.aliases]);
    expect(new Set(words).size).toBe(words.length);
  });

  it.each(GRAMMAR.flatMap((row) => row.aliases.map((alias) => [alias, row] as const)))(
    'is meant by /%s, but not by the plain word',
    (alias, row) => {
      const text = row.example.replace(row.verb, alias);
      expect(bound(`/${text}`)).toEqual(bound(`/${row.example}`));
      expect(unbound(`@threadcast ${alias} users to log in`)).toMatchObject({ kind: 'prompt' });
    },
  );
});

describe('arguments', () => {
  it.each([
    ['help', { verb: 'help', topic: null }],
    ['help queue', { verb: 'help', topic: 'queue' }],
    ['help /cancel', { verb: 'help', topic: 'stop' }],
    ['stop!', { verb: 'stop' }],
    ['queue', { verb: 'queue', action: 'show' }],
    ['queue clear', { verb: 'queue', action: 'clear' }],
    ['queue pause', { verb: 'queue', action: 'pause' }],
    ['queue resume', { verb: 'queue', action: 'resume' }],
    ['queue cancel #2', { verb: 'queue', action: 'cancel', position: 2 }],
    ['queue move 3 1', { verb: 'queue', action: 'move', from: 3, to: 1 }],
    ['steer two\n\nlines ', { verb: 'steer', text: 'two\n\nlines ' }],
    ['!two\nlines', { verb: 'steer', text: 'two\nlines' }],
    ['new fix it', { verb: 'new', text: 'fix it', options: { agent: undefined } }],
    [
      'new agent=x repo=o/n fix it',
      { verb: 'new', text: 'fix it', options: { agent: 'x', repo: 'o/n' } },
    ],
    ['new CODEX fix it', { verb: 'new', text: 'fix it', options: { agent: 'codex' } }],
    ['agent `codex`', { verb: 'agent', agent: 'codex' }],
    ['mode https://agent.dev/modes#plan', { verb: 'mode', mode: 'https://agent.dev/modes#plan' }],
    ['approve `K7`', { verb: 'approve', code: 'k7' }],
    ['approve k7\n\n> what the agent asked', { verb: 'approve', code: 'k7' }],
    ['deny k7', { verb: 'deny', code: 'k7', reason: null }],
    ['deny k7  not `here`', { verb: 'deny', code: 'k7', reason: 'not `here`' }],
  ] as const)('of "%s" are read', (text, expected) => {
    expect(unbound(`@threadcast ${text}`, { agents: ['codex'] })).toEqual(command(expected));
  });

  it.each([
    'stop it now',
    'steer',
    'new',
    'new agent=codex',
    'new agent=a agent=b x',
    'queue cancel',
    'queue cancel 0',
    'queue cancel 2 3',
    'queue move 1',
    'queue move x 1',
    'queue clear all',
    'approve',
    'approve this pull request',
    'approve k7 always',
    'approve k7 please',
    'approve kÿ',
    'deny',
    'deny -',
    'agent=codex',
    'agent= fix it',
    'repo=nothing fix it',
    'branch=-x fix it',
    'branch=a..b fix it',
    'mode=a mode=b fix it',
  ])('of "%s" are answered with what to write', (text) => {
    const parsed = unbound(`@threadcast ${text}`);
    expect(parsed.kind).toBe('error');
    expect(parsed.kind === 'error' && parsed.message).toMatch(/`|write/);
  });

  it('are explained in a sentence', () => {
    const say = (text: string): string => {
      const parsed = unbound(`@threadcast ${text}`);
      return parsed.kind === 'error' ? parsed.message : parsed.kind;
    };
    expect(say('stop it')).toMatchInlineSnapshot(
      `"\`stop\` stands alone: write nothing after it. To tell the agent something, begin with another word."`,
    );
    expect(say('approve')).toMatchInlineSnapshot(
      `"I cannot read that. Write \`approve <code>\`, for example \`approve k7\`."`,
    );
    expect(say('approve k7 always')).toMatchInlineSnapshot(
      `"\`approve … always\` is not available yet. \`approve\` allows it once."`,
    );
    expect(say('queue move 1')).toMatchInlineSnapshot(
      `"That is not how the queue is changed. Write \`queue clear\`, \`queue cancel 2\`, \`queue move 3 1\`, \`queue pause\` or \`queue resume\`; places count from 1."`,
    );
    expect(say('branch=a..b x')).toMatchInlineSnapshot(
      `"I cannot read the option \`branch\`. Write \`branch=\` and the name of a git branch, without spaces."`,
    );
    expect(say('agent=codex')).toMatchInlineSnapshot(
      `"After the options, write what the agent should do."`,
    );
    expect(say('/stauts')).toMatchInlineSnapshot(
      `"There is no command \`/stauts\`. Did you mean \`status\`? \`help\` lists what you can do."`,
    );
    expect(say('stauts')).toMatchInlineSnapshot(
      `"Did you mean \`status\`? If \`stauts\` is what the agent should do, say it in more than one word."`,
    );
    expect(say('/xyzzy')).toMatchInlineSnapshot(
      `"There is no command \`/xyzzy\`. \`help\` lists what you can do."`,
    );
  });
});

describe('a sentence that begins with a verb', () => {
  it.each([
    'help me with this',
    'status of the build is red, why?',
    'status\n\nand then fix it',
    'continue with the second option',
    'close the dialog on Escape',
    'queue the job in Redis',
    'model the domain first',
    'model=x the domain'.slice(8),
    'link this to the docs',
    'mute the audio by default',
    'retry the failing request three times',
    'clean up',
    'fix',
  ])('is a prompt: "%s"', (text) => {
    expect(unbound(`@threadcast ${text}`)).toEqual(prompt(text));
  });

  it('is a command that does not fit when it was written with a slash', () => {
    expect(bound('/continue with the second option')).toMatchObject({ kind: 'error' });
    expect(bound('/status\n\nThanks!')).toEqual(command({ verb: 'status' }));
  });
});

describe('a mention', () => {
  it.each([
    ['@threadcast fix it', 'fix it'],
    ['@ThreadCast: fix it', 'fix it'],
    ['  @threadcast,  fix it ', 'fix it '],
    ['@threadcast\n\n    code\nx', '    code\nx'],
    ['please @threadcast fix it', 'please fix it'],
    ['please fix it @threadcast', 'please fix it'],
    ['please, @threadcast, fix it', 'please,, fix it'],
    ['(@threadcast) fix it', '() fix it'],
    ['Hi\n@threadcast fix it\nnow', 'Hi\nfix it\nnow'],
    ["@threadcast's turn", "'s turn"],
    ['@threadcast[bot] fix it', 'fix it'],
    ['fix it, thanks @threadcast.', 'fix it, thanks.'],
    ['\u200b@threadcast\u200b fix it', ' fix it'.trim()],
    ['@threadcast ask @bob and @threadcast', 'ask @bob and @threadcast'],
  ])('is taken out of "%s"', (text, said) => {
    expect(unbound(text)).toEqual(prompt(said));
  });

  it.each([
    'nobody in particular',
    'mail me@threadcast.com',
    'mail x@threadcast',
    '@threadcast-dev fix it',
    '@threadcaster fix it',
    '@threadcast.com fix it',
    '@threadcast/cli is broken',
    'see https://example.com/@threadcast for more',
    '> @threadcast fix it',
    '   > @threadcast fix it',
    '`@threadcast fix it`',
    '``a ` @threadcast` `` b',
    '`two\nlines @threadcast`',
    '```\n@threadcast stop\n```',
    '~~~ sh\n@threadcast stop\n```\n@threadcast stop',
    '````\n```\n@threadcast stop\n```\n````',
    '    @threadcast in indented code',
    'x\n\n\t@threadcast in indented code',
    '<!-- @threadcast stop -->',
    '<!--\n\n@threadcast stop',
    '@thread\u200bcast stop',
  ])('is not in "%s"', (text) => {
    expect(unbound(text)).toEqual(ignored('not_addressed'));
  });

  it.each([
    '`not closed @threadcast stop',
    '`one\n\n@threadcast stop',
    '`one\n\n@threadcast fix `two`',
    '`one\n> quote `\n@threadcast fix `two`',
    '``` inline ` ```\n@threadcast stop',
    '```\ncode\n```\n@threadcast stop',
    '```\ncode\n    ```\n```\n@threadcast stop',
    '<!-- x --> @threadcast stop',
    '<!--> @threadcast stop',
    '> quote\n@threadcast stop',
    '- item\n\n    @threadcast stop',
    'text\n    @threadcast stop',
  ])('counts beside what hides others: "%s"', (text) => {
    expect(unbound(text).kind).not.toBe('ignored');
  });

  it('is a Slack mention with its brackets', () => {
    const slack = { mentions: ['U123', ''] };
    expect(unbound('<@U123> stop', slack)).toEqual(command({ verb: 'stop' }));
    expect(unbound('<@U123|threadcast> fix it', slack)).toEqual(prompt('fix it'));
    expect(unbound('<@U123 fix it', slack)).toEqual(prompt('< fix it'));
  });

  it('alone asks for help', () => {
    expect(unbound('@threadcast')).toEqual(command({ verb: 'help', topic: null }));
    expect(unbound(' @threadcast,\n')).toEqual(command({ verb: 'help', topic: null }));
  });

  it('that opens a line makes a verb after it count, and no other does', () => {
    expect(unbound('Thanks @threadcast!\n\n@threadcast approve k7')).toEqual(
      command({ verb: 'approve', code: 'k7' }),
    );
    expect(unbound('I told @threadcast stop')).toEqual(prompt('I told stop'));
    expect(unbound('@threadcast\n/stop')).toEqual(command({ verb: 'stop' }));
  });
});

describe('in a bound thread', () => {
  it('any text is a prompt, untouched', () => {
    for (const text of [
      ' a\n',
      '> q\nanswer',
      '```\ncode\n```',
      'stop',
      '![x](y)',
      '!= is wrong',
    ]) {
      expect(bound(text)).toEqual(prompt(text));
    }
  });

  it('/verb counts at the start of a line only', () => {
    expect(bound('fine\n  /approve k7\nbye')).toEqual(command({ verb: 'approve', code: 'k7' }));
    expect(bound('use /approve k7')).toEqual(prompt('use /approve k7'));
    expect(bound('```\n/stop\n```')).toEqual(prompt('```\n/stop\n```'));
    expect(unbound('/stop')).toEqual(ignored('not_addressed'));
  });

  it('an unknown /verb is answered where the message begins, and paths are text', () => {
    expect(bound('/stauts')).toMatchObject({ kind: 'error' });
    expect(bound('<!-- x -->\n/stauts')).toMatchObject({ kind: 'error' });
    expect(bound('x\n/stauts')).toEqual(prompt('x\n/stauts'));
    expect(bound('/etc/hosts is wrong')).toEqual(prompt('/etc/hosts is wrong'));
    expect(bound('/a.txt is wrong')).toEqual(prompt('/a.txt is wrong'));
  });

  it("the agent's own slash commands are prompts", () => {
    expect(bound('/review now', { agentCommands: ['review'] })).toEqual(prompt('/review now'));
  });

  it.each([
    ['', 'empty'],
    [' \n\u200b\u202e\0', 'empty'],
    ['(aside) lunch?', 'aside'],
    [' (ASIDE) @threadcast', 'aside'],
    ['(aside) lunch?\n(aside) at noon', 'aside'],
    ['@bob what do you think?', 'for_somebody_else'],
    ['I agree with @Bjørn.', 'for_somebody_else'],
    ['<@U999> hello', 'for_somebody_else'],
  ])('"%s" is ignored: %s', (text, reason) => {
    expect(bound(text)).toEqual(ignored(reason));
  });

  it('leaves out the lines that are for people only, but not those in code or quotes', () => {
    const text = [
      '@threadcast mend the parser',
      '(aside) Bob, this is the one',
      '```',
      '(aside) in code',
      '```',
      'and the lexer',
    ].join('\n');
    const parsed = parseMessage(text, { mentions: ['threadcast'], bound: false });
    expect(parsed).toMatchObject({
      kind: 'prompt',
      text: 'mend the parser\n```\n(aside) in code\n```\nand the lexer',
    });
  });

  it.each(['mail a@b.org', 'see @types/node', '`@bob`', '> @bob\nyes', 'a @ b', 'x@y'])(
    'mentions nobody: "%s"',
    (text) => {
      expect(bound(text)).toEqual(prompt(text));
    },
  );

  it('other people may be mentioned beside us, or in a message that is for us anyway', () => {
    expect(bound('@bob @threadcast fix it')).toEqual(prompt('@bob fix it'));
    expect(unbound('do what @bob said', { addressed: true })).toEqual(prompt('do what @bob said'));
    expect(unbound('/stop', { addressed: true })).toEqual(command({ verb: 'stop' }));
  });
});

describe('options', () => {
  it('are taken from before the free text only, in any case and order', () => {
    expect(
      unbound('@threadcast Agent=codex model=o3 mode=a/b repo=o/n.js branch=fix/x do it'),
    ).toEqual(
      prompt('do it', {
        agent: 'codex',
        model: 'o3',
        mode: 'a/b',
        repo: 'o/n.js',
        branch: 'fix/x',
      }),
    );
    expect(unbound('@threadcast do it agent=codex')).toEqual(prompt('do it agent=codex'));
    expect(bound('mode=plan do it')).toEqual(prompt('do it', { mode: 'plan' }));
    expect(bound('x=1 do it')).toEqual(prompt('x=1 do it'));
  });
});

it('each command names the verb that authorize is asked about', () => {
  const verbs = ['', ' clear', ' cancel 1', ' move 1 2', ' pause', ' resume'].map((rest) => {
    const parsed = bound(`/queue${rest}`);
    return parsed.kind === 'command' ? verbOf(parsed.command) : parsed.kind;
  });
  expect(verbs).toEqual([
    'queue.read',
    'queue.clear',
    'queue.cancel',
    'queue.reorder',
    'queue.pause',
    'queue.resume',
  ]);
  expect(verbOf({ verb: 'stop' })).toBe('stop');
  for (const row of GRAMMAR) expect(roleOf(row.needs)).toMatch(/^(read|run|approve|maintain)$/);
});
