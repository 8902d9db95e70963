/**
 * The command language: one row per verb. Parser, help text and documentation read this table, and
 * nothing else knows a verb's words. Roles are those of `model/verbs.ts`.
 */
import type { Role } from '../model/actor.ts';
import { roleOf, type Verb } from '../model/verbs.ts';
import {
  code,
  deny,
  freeText,
  newSession,
  nothing,
  okToRun,
  oneWord,
  queue,
  retry,
  topic,
  url,
  type ReadArguments,
} from './arguments.ts';
import type { ChatVerb, Command } from './command.ts';

export interface VerbRow {
  readonly verb: ChatVerb;
  /** Other spellings, only after a slash: as plain words they begin too many sentences. */
  readonly aliases: readonly string[];
  /** Arguments as help shows them; empty when there are none. */
  readonly usage: string;
  readonly help: string;
  /** A complete command of this verb. */
  readonly example: string;
  /** What it acts on: the thread, or the thread's session, which must exist then. */
  readonly scope: 'thread' | 'session';
  /** `later`: in the language, but its feature is not built yet. */
  readonly available: true | 'later';
  /**
   * Begins ordinary sentences too (`help me with…`, `close the dialog when…`): words after it that
   * are no arguments make the message a prompt, unless it was written with a slash.
   */
  readonly prose: boolean;
  /** What `authorize` is asked at least; `verbOf` refines it for a command. */
  readonly needs: Verb;
  readonly read: ReadArguments;
}

type Row = Pick<VerbRow, 'help' | 'read'> & Partial<VerbRow>;

function row(verb: ChatVerb, needs: Verb, rest: Row): VerbRow {
  const defaults = { aliases: [], usage: '', example: verb, available: true, prose: true } as const;
  return { verb, needs, scope: 'session', ...defaults, ...rest };
}

export const GRAMMAR: readonly VerbRow[] = [
  row('help', 'help', {
    usage: '[verb]',
    help: 'What you can do here.',
    scope: 'thread',
    read: topic(isVerb),
  }),
  row('status', 'status', {
    help: 'What the session does now, and what waits.',
    read: nothing({ verb: 'status' }),
  }),
  row('sessions', 'sessions', {
    help: 'The sessions of this thread.',
    scope: 'thread',
    read: nothing({ verb: 'sessions' }),
  }),
  row('stop', 'stop', {
    aliases: ['cancel'],
    help: 'Stop the running turn. What waits in the queue stays.',
    prose: false,
    read: nothing({ verb: 'stop' }),
  }),
  row('queue', 'queue.read', {
    usage: '[clear | cancel N | move N M | pause | resume]',
    help: 'Show the waiting prompts, or change their order.',
    example: 'queue move 3 1',
    read: queue,
  }),
  row('steer', 'steer', {
    usage: '<text>',
    help: 'Stop the running turn and go on with this; `!<text>` does the same.',
    example: 'steer use the existing parser instead',
    prose: false,
    read: freeText((text) => ({ verb: 'steer', text })),
  }),
  row('new', 'new', {
    usage: '[agent] <text>',
    help: 'Start a new session in this thread.',
    example: 'new fix the flaky login test',
    scope: 'thread',
    prose: false,
    read: newSession,
  }),
  row('agent', 'agent', {
    usage: '[name]',
    help: "Choose the agent of this thread's next session.",
    example: 'agent codex',
    scope: 'thread',
    read: oneWord((agent) => ({ verb: 'agent', agent })),
  }),
  row('model', 'model', {
    usage: '[id]',
    help: 'Choose the model, from those that the agent offers.',
    example: 'model sonnet',
    read: oneWord((model) => ({ verb: 'model', model })),
  }),
  row('mode', 'mode', {
    usage: '[id]',
    help: 'Choose the mode, from those that the agent offers.',
    example: 'mode plan',
    read: oneWord((mode) => ({ verb: 'mode', mode })),
  }),
  row('approve', 'approve', {
    aliases: ['allow'],
    usage: '<code>',
    help: 'Allow what the agent asks permission for.',
    example: 'approve k7',
    prose: false,
    read: code,
  }),
  row('deny', 'deny', {
    aliases: ['reject'],
    usage: '<code> [reason]',
    help: 'Refuse what the agent asks permission for.',
    example: 'deny k7 this belongs into another pull request',
    prose: false,
    read: deny,
  }),
  row('retry', 'retry', {
    usage: '[edited]',
    help: 'Run the last prompt again; `edited`: with the text that came too late for its turn.',
    read: retry,
  }),
  row('continue', 'continue', {
    help: 'Go on where the last turn ended.',
    read: nothing({ verb: 'continue' }),
  }),
  row('close', 'close', {
    help: 'End the session. A new message starts it again.',
    read: nothing({ verb: 'close' }),
  }),
  row('link', 'link', {
    usage: '<url>',
    help: 'Show this session in another thread too.',
    example: 'link https://example.com/thread/1',
    available: 'later',
    read: url,
  }),
  row('unlink', 'unlink', {
    help: 'Stop showing the session here.',
    available: 'later',
    read: nothing(null),
  }),
  row('usage', 'usage', {
    help: 'Tokens and cost, as far as the agent reports them.',
    read: nothing({ verb: 'usage' }),
  }),
  row('ok-to-run', 'ok-to-run', {
    usage: '[read-only]',
    help: 'Let run what people without write access ask for here, as it was shown.',
    scope: 'thread',
    read: okToRun,
  }),
  row('mute', 'mute', {
    help: 'Show no turns here until `unmute`; permission requests still appear.',
    read: nothing({ verb: 'mute' }),
  }),
  row('unmute', 'unmute', {
    help: 'Show turns here again.',
    read: nothing({ verb: 'unmute' }),
  }),
  row('whoami', 'whoami', {
    help: 'Who you are to me, and what you may do.',
    scope: 'thread',
    read: nothing({ verb: 'whoami' }),
  }),
];

const BY_WORD: ReadonlyMap<string, VerbRow> = new Map(
  GRAMMAR.flatMap((entry) => [
    [entry.verb, entry] as const,
    ...entry.aliases.map((alias) => [alias, entry] as const),
  ]),
);

/** The row of a word, in any case; of an alias only when it was written with a slash. */
export function rowOf(word: string, slash: boolean): VerbRow | undefined {
  const found = BY_WORD.get(word.toLowerCase());
  return slash || found?.verb === word.toLowerCase() ? found : undefined;
}

function isVerb(word: string): ChatVerb | undefined {
  return BY_WORD.get(word)?.verb;
}

/** The verb to ask `authorize` about before the command is carried out. */
export function verbOf(command: Command): Verb {
  if (command.verb !== 'queue') return command.verb;
  switch (command.action) {
    case 'show':
      return 'queue.read';
    case 'move':
      return 'queue.reorder';
    default:
      return `queue.${command.action}`;
  }
}

/** The role that the verb needs at least. */
export function roleOfRow(entry: VerbRow): Role {
  return roleOf(entry.needs);
}

/** The verb with its arguments, as a line of help shows it: `approve <code> [always]`. */
export function usageOf(entry: VerbRow): string {
  return entry.usage === '' ? entry.verb : `${entry.verb} ${entry.usage}`;
}
