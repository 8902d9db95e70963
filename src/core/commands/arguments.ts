/**
 * Readers of what follows a verb. Each gives the command, a sentence that says what is wrong, or
 * null: these words are no arguments of the verb.
 */
import type { ChatVerb, Command } from './command.ts';
import { readOptions } from './options.ts';

export interface Arguments {
  /** The rest of the verb's line, trimmed. */
  readonly line: string;
  /** Everything after the verb, further lines included, as the person wrote it. */
  readonly body: string;
  /** Names that may stand for an agent. */
  readonly agents: readonly string[];
}

export type ReadResult =
  | { readonly command: Command | null }
  | { readonly error: string }
  /** The words do not fit. */
  | null;

/** A null command: well formed, of a verb that comes later. */
export type ReadArguments = (args: Arguments) => ReadResult;

/** A closing full stop or exclamation mark after a lone verb means nothing. */
const PUNCTUATION = /^[.!]*$/;

export function nothing(command: Command | null): ReadArguments {
  return ({ line }) => (PUNCTUATION.test(line) ? { command } : null);
}

export function topic(isVerb: (word: string) => ChatVerb | undefined): ReadArguments {
  return ({ line }) => {
    if (PUNCTUATION.test(line)) return { command: { verb: 'help', topic: null } };
    const verb = isVerb(bare(line).toLowerCase().replace(/^\//, ''));
    return verb === undefined ? null : { command: { verb: 'help', topic: verb } };
  };
}

export function freeText(make: (text: string) => Command): ReadArguments {
  return ({ body }) => (body.trim() === '' ? null : { command: make(body) });
}

export function oneWord(make: (word: string | null) => Command): ReadArguments {
  return ({ line }) => {
    if (PUNCTUATION.test(line)) return { command: make(null) };
    const word = bare(line);
    return /^\S{1,256}$/.test(word) ? { command: make(word) } : null;
  };
}

export function url({ line }: Arguments): ReadResult {
  return /^<?https?:\/\/\S{1,2000}$/i.test(line) ? { command: null } : null;
}

export function newSession({ body, agents }: Arguments): ReadResult {
  const first = /^\S{1,128}(?=\s)/.exec(body)?.[0];
  const named = agents.find((name) => name.toLowerCase() === first?.toLowerCase());
  const rest = named === undefined ? body : body.slice(named.length).trimStart();
  const read = readOptions(rest);
  if ('error' in read) return read;
  if (read.text.trim() === '') return null;
  const agent = read.options.agent ?? named;
  return { command: { verb: 'new', text: read.text, options: { ...read.options, agent } } };
}

export function queue({ line }: Arguments): ReadResult {
  const [action = '', ...rest] = line.toLowerCase().split(/\s+/, 5);
  if (PUNCTUATION.test(action)) return { command: { verb: 'queue', action: 'show' } };
  const numbers = rest.map(place);
  const [first, second] = numbers;
  switch (action) {
    case 'clear':
    case 'pause':
    case 'resume':
      return rest.length === 0 ? { command: { verb: 'queue', action } } : { error: QUEUE };
    case 'cancel':
      if (rest.length !== 1 || first === undefined) return { error: QUEUE };
      return { command: { verb: 'queue', action, position: first } };
    case 'move':
      if (rest.length !== 2 || first === undefined || second === undefined) return { error: QUEUE };
      return { command: { verb: 'queue', action, from: first, to: second } };
    default:
      return null;
  }
}

const QUEUE =
  'That is not how the queue is changed. Write `queue clear`, `queue cancel 2`, `queue move 3 1`, `queue pause` or `queue resume`; places count from 1.';

function place(word: string): number | undefined {
  return /^#?[1-9]\d{0,2}$/.test(word) ? Number(word.replace('#', '')) : undefined;
}

export function retry({ line }: Arguments): ReadResult {
  const word = line.replace(/[.!]*$/, '').toLowerCase();
  if (word !== '' && word !== 'edited') return null;
  return { command: { verb: 'retry', edited: word === 'edited' } };
}

const CODE = /^[a-z0-9]{1,12}$/;

export function code({ line }: Arguments): ReadResult {
  const [first = '', second, ...rest] = line.split(/\s+/, 4);
  const found = codeOf(first);
  if (found === undefined || rest.length > 0) return null;
  if (second === undefined) return { command: { verb: 'approve', code: found } };
  if (second.toLowerCase() !== 'always') return null;
  return { error: '`approve … always` is not available yet. `approve` allows it once.' };
}

export function deny({ line }: Arguments): ReadResult {
  const [first = ''] = line.split(/\s/, 1);
  const found = codeOf(first);
  if (found === undefined) return null;
  const reason = line.slice(first.length).trim();
  return { command: { verb: 'deny', code: found, reason: reason === '' ? null : reason } };
}

function codeOf(word: string): string | undefined {
  const found = bare(word).toLowerCase();
  return CODE.test(found) ? found : undefined;
}

/** People put codes and names into backticks. */
function bare(word: string): string {
  return word.replace(/^`([^`]*)`$/, '$1').trim();
}

/** Where such requests wait, the surface reads the rest of the line. */
export const okToRun: ReadArguments = ({ line }) =>
  /^(?:read-?only)?[.!]?$/i.test(line) ? { command: { verb: 'ok-to-run' } } : null;
