import { describe, expect, it } from 'vitest';
import type { ParsedMessage } from '../../../src/core/commands/command.ts';
import { parseMessage } from '../../../src/core/commands/parse.ts';
import { visibleText } from '../../../src/core/commands/visible.ts';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** mulberry32 */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const PIECES = [
  '@ / ` `` ``` ~~~ > < <!-- --> ! = a b [bot] | * - . , : ( )'.split(' '),
  ['@threadcast', '@bob', '/stop', 'stop', 'approve k7', 'queue move 1 2', 'agent=codex '],
  ['(aside)', 'repo=', 'branch=a..b ', '<@U1>', '/help', 'new ', 'steer '],
  ['\n', '\r\n', '\t', '\n\n', '    ', ' ', '\u2028'],
  ['\0', '\ud800', '\udfff', '\u202e', '\u200b', '\ufeff', '👍🏽', 'ÿ', 'İ'],
].flat();

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  // By code unit: taking out a mention may join two lone surrogates.
  for (const unit of part.split('')) {
    at = whole.indexOf(unit, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

describe(`random messages (SEED=${seed})`, () => {
  const next = random(seed);
  const message = (): string => {
    const length = Math.floor(next() * 30);
    return Array.from({ length }, () => PIECES[Math.floor(next() * PIECES.length)]).join('');
  };
  const messages = Array.from({ length: 20_000 }, message);
  const parsed = (text: string): ParsedMessage =>
    parseMessage(text, { mentions: ['threadcast'], bound: next() < 0.5 });

  it('always parse to something that can be acted on', () => {
    const useless = messages.filter((text) => {
      const result = parsed(text);
      if (result.kind === 'prompt') return result.text.trim() === '';
      return result.kind === 'error' && !/^[\x20-\x7e…`]{10,400}$/.test(result.message);
    });
    expect(useless).toEqual([]);
  });

  it('give prompts made of the text alone', () => {
    const invented = messages.filter((text) => {
      const result = parsed(text);
      return result.kind === 'prompt' && !isSubsequence(result.text, text);
    });
    expect(invented).toEqual([]);
  });

  it('that are quoted, fenced or commented out say nothing to us', () => {
    const hide = [
      (text: string) => text.replaceAll(/^/gm, '> '),
      (text: string) => `~~~~\n${text.replaceAll('~', '')}\n~~~~`,
      (text: string) => `<!-- ${text.replaceAll('--', '')} -->`,
    ];
    const options = { mentions: ['threadcast'], bound: false };
    const hidden = messages.flatMap((text) => hide.map((one) => one(text)));
    expect(hidden.filter((text) => parseMessage(text, options).kind !== 'ignored')).toEqual([]);
  });

  it('keep every index, and every line break, when what is hidden is blanked', () => {
    const moved = messages.filter((text) => {
      const visible = visibleText(text);
      const feeds = (of: string): string => of.replaceAll(/[^\n]/g, '.');
      return feeds(visible) !== feeds(text);
    });
    expect(moved).toEqual([]);
  });
});

const LIMIT = { timeout: 30_000 };

describe('a message of a megabyte', () => {
  const fill = (piece: string): string => piece.repeat(Math.ceil(1_000_000 / piece.length));
  const hostile: Readonly<Record<string, string>> = {
    backticks: fill('`'),
    'runs of backticks of every length': Array.from({ length: 1400 }, (_, i) => '`'.repeat(i)).join(
      ' ',
    ),
    'spans that never close': fill('`` ` '),
    'paragraphs of backticks': fill('a`\n\n'),
    'fences that open and close': fill('```\n'),
    'fences inside fences': fill('````\n```\n'),
    comments: fill('<!--'),
    'at signs': fill('@'),
    'names of others': fill('@a-'),
    mentions: fill('@threadcast '),
    'mentions with verbs that are prose': fill('@threadcast help x\n'),
    'unknown commands below a long quote': `${'> \n'.repeat(100_000)}x\n${'/a\n'.repeat(200_000)}`,
    'slash commands of the agent': fill('/review\n'),
    spaces: fill(' '),
    'line feeds': fill('\n'),
    'indented lines': fill('\n\n    a'),
    'options without text': fill('model=x '),
    'a long option': `model=${fill('x')}`,
    'a long word': fill('a-'),
    'exclamation marks': fill('! '),
    'NUL characters': fill('\0'),
    'lone surrogates': fill('\ud800'),
    'right-to-left marks': fill('\u202e'),
    'broken Slack mentions': fill('<@threadcast|'),
  };

  // Linear takes some 100 ms for the four; quadratic takes minutes, and meets the limit.
  it.each(Object.keys(hostile))('of %s is parsed before anybody waits for it', LIMIT, (name) => {
    const text = hostile[name] ?? '';
    for (const prefix of ['', '@threadcast ', '@threadcast steer ', 'x\n']) {
      parseMessage(prefix + text, {
        mentions: ['threadcast', 'tc'],
        bound: true,
        agentCommands: ['review'],
      });
    }
  });
});
