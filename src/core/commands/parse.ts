/**
 * A message of a person -> what it asks for. Pure, total, and linear in the length of the text.
 *
 * A verb counts right after a mention that opens its line, or as `/verb` at the start of a line in
 * a bound thread. Only what the person says counts: quotes, code and HTML comments are read as
 * text for the agent, never as a mention or a command.
 */
import type { Command, ParsedMessage } from './command.ts';
import { rowOf } from './grammar.ts';
import { nearlyVerb, notAvailable, unknownVerb, wrongArguments } from './help.ts';
import { findMentions, mentionsSomebodyElse, type Mention } from './mention.ts';
import { readOptions } from './options.ts';
import { visibleText } from './visible.ts';

export interface ParseOptions {
  /** Our names here, with or without `@`; for Slack the bot user's id. */
  readonly mentions: readonly string[];
  /** The thread has a session and takes replies without a mention. */
  readonly bound: boolean;
  /** The message is for us as it is (a direct message, our own page), whoever it mentions. */
  readonly addressed?: boolean | undefined;
  /** Names that `new <name> <text>` reads as the agent; without them only `agent=` does. */
  readonly agents?: readonly string[] | undefined;
  /** The agent's own slash commands: `/name` of these is a prompt, not an unknown verb. */
  readonly agentCommands?: readonly string[] | undefined;
}

/** Never throws. A text verb's or a prompt's text is the person's, whatever characters are in it. */
export function parseMessage(written: string, options: ParseOptions): ParsedMessage {
  if (isEmpty(written)) return { kind: 'ignored', reason: 'empty' };
  const text = withoutAsides(written);
  if (isEmpty(text)) return { kind: 'ignored', reason: 'aside' };
  const visible = visibleText(text);
  const mentions = findMentions(visible, options.mentions);
  const ours = mentions.length > 0 || options.addressed === true;
  if (!ours && !options.bound) return { kind: 'ignored', reason: 'not_addressed' };
  const message: Message = { text, visible, end: visible.trimEnd().length, options };
  const command = findCommand(message, mentions);
  if (command !== null) return command;
  if (!ours && mentionsSomebodyElse(visible, options.mentions)) {
    return { kind: 'ignored', reason: 'for_somebody_else' };
  }
  return prompt(text, mentions[0]);
}

const ASIDE_LINE = /^[^\S\n]*\(aside\)[^\n]*(?:\n|$)/gim;

/** Without the lines that are for people only. */
function withoutAsides(text: string): string {
  let kept = '';
  let from = 0;
  for (const { index, 0: line } of visibleText(text).matchAll(ASIDE_LINE)) {
    kept += text.slice(from, index);
    from = index + line.length;
  }
  return kept + text.slice(from);
}

interface Message {
  readonly text: string;
  readonly visible: string;
  /** Where the last thing that the person says ends. */
  readonly end: number;
  readonly options: ParseOptions;
}

/** Space, and characters that cannot be seen. */
const EMPTY = /^[\s\p{Cc}\p{Cf}]*$/u;
const GAP = /[,:]?[\s\u200B-\u200F\u202A-\u202E\u2060-\u2069]*/y;
const WORD = /(\/?)([a-z][a-z-]*)(?![\w/=:@-]|\.\w)/iy;
const SLASH_LINE = /^[ \t]*(?=\/[a-z])/gim;

function isEmpty(text: string): boolean {
  return EMPTY.test(text);
}

/** The first place that holds a command, well formed or not; null: the message is free text. */
function findCommand(message: Message, mentions: readonly Mention[]): ParsedMessage | null {
  for (const place of commandPlaces(message, mentions)) {
    const found = commandAt(message, place);
    if (found !== null) return found;
  }
  return null;
}

interface Place {
  readonly at: number;
  /** The message, or what follows the mention, begins here: an unknown `/verb` is answered. */
  readonly opens: boolean;
}

function commandPlaces(message: Message, mentions: readonly Mention[]): readonly Place[] {
  const { visible, options } = message;
  const places = mentions
    .filter((mention) => mention.atLineStart)
    .map((mention) => ({ at: after(GAP, visible, mention.end), opens: true }));
  if (options.bound || options.addressed === true) {
    const first = visible.length - visible.trimStart().length;
    for (const { index, 0: indent } of visible.matchAll(SLASH_LINE)) {
      const at = index + indent.length;
      places.push({ at, opens: at <= first });
    }
  }
  return places.toSorted((a, b) => a.at - b.at);
}

function after(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}

function commandAt(message: Message, { at, opens }: Place): ParsedMessage | null {
  WORD.lastIndex = at;
  const [whole, slash, word = ''] = WORD.exec(message.visible) ?? [];
  if (whole === undefined) return null;
  const start = at + whole.length;
  const feed = message.text.indexOf('\n', start);
  const lineEnd = feed === -1 ? message.text.length : feed;
  const line = message.text.slice(start, lineEnd).trim();
  const lone = line === '' && message.end <= lineEnd;
  const row = rowOf(word, slash === '/');
  if (row === undefined) {
    if (slash === '/') return unknownSlash(message, word, opens);
    const near = lone ? nearlyVerb(word) : undefined;
    return near === undefined ? null : { kind: 'error', message: near };
  }
  const { agents = [] } = message.options;
  const read = row.read({ line, body: message.text.slice(start).trimStart(), agents });
  const isProse = row.prose && slash === '' && (read === null || message.end > lineEnd);
  if (isProse && !lone) return null;
  const { verb } = row;
  if (read === null) {
    const isTopic = verb === 'help' && /^\/?[a-z][a-z-]*$/i.test(line);
    const wrong = isTopic ? unknownVerb(line.replace('/', '')) : wrongArguments(row);
    return { kind: 'error', message: wrong, verb };
  }
  if ('error' in read) return { kind: 'error', message: read.error, verb };
  if (row.available === 'later' || read.command === null) {
    return { kind: 'error', message: notAvailable(row), verb };
  }
  return { kind: 'command', command: read.command };
}

/** `/word` further down, and the agent's own commands, are text for the agent. */
function unknownSlash({ options }: Message, word: string, opens: boolean): ParsedMessage | null {
  if (!opens || options.agentCommands?.includes(word) === true) return null;
  return { kind: 'error', message: unknownVerb(word) };
}

function prompt(text: string, mention: Mention | undefined): ParsedMessage {
  const said = mention === undefined ? text : without(text, mention);
  if (isEmpty(said)) return { kind: 'command', command: { verb: 'help', topic: null } };
  const steer = steerOf(said);
  if (steer !== null) return { kind: 'command', command: steer };
  const read = readOptions(said);
  if ('error' in read) return { kind: 'error', message: read.error };
  if (isEmpty(read.text)) return { kind: 'error', message: NO_TEXT };
  return { kind: 'prompt', text: read.text, options: read.options };
}

const NO_TEXT = 'After the options, write what the agent should do.';

/** The text without the mention and the space that belonged to it. */
function without(text: string, { start, end, atLineStart }: Mention): string {
  const before = text.slice(0, start);
  if (isEmpty(before)) return text.slice(after(/[,:]?[ \t\u200B-\u200F]*(?:\r?\n)*/y, text, end));
  if (atLineStart) return before + text.slice(after(/[,:]?[ \t]*/y, text, end));
  const spaced = /^(?:[\s.,;:!?)]|$)/.test(text.slice(end, end + 1)) && /[ \t]$/.test(before);
  return (spaced ? before.slice(0, -1) : before) + text.slice(end);
}

/** `!text`; not `![image](…)` and not `!=`. */
function steerOf(said: string): Command | null {
  const mark = /^\s*!\s*(?=[\p{L}\p{N}"'`@#/])/u.exec(said);
  return mark === null ? null : { verb: 'steer', text: said.slice(mark[0].length) };
}
