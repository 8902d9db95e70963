/**
 * Slack's method reference, where `../shared/corpus` lies beside the work tree: argument names,
 * types and required ones of every call are held against it.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { CallArguments } from './arguments.ts';
import type { Json } from './state.ts';

const FILE = new URL('../../../../shared/corpus/slack-methods.json', import.meta.url);

interface ArgumentSpec {
  readonly type?: string;
  readonly enum?: readonly string[];
}

export interface MethodSpec {
  readonly args: Readonly<Record<string, ArgumentSpec>>;
  readonly errors: readonly string[];
  readonly required: readonly string[];
  readonly scope: { readonly bot?: readonly string[] } | 'none';
  readonly tier: string;
}

export type Corpus = Readonly<Record<string, MethodSpec>>;

export function readCorpus(): Corpus | undefined {
  if (!existsSync(FILE)) return undefined;
  return JSON.parse(readFileSync(FILE, 'utf8')) as Corpus;
}

/** Where the reference is stricter than Slack: the argument, and what may stand for it. */
const INSTEAD: Readonly<Record<string, string>> = { 'chat.appendStream markdown_text': 'chunks' };
/** Where the reference leaves out what Slack's own documentation has. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'chat.startStream': ['metadata'],
  'chat.stopStream': ['session_status'],
  'chat.update': ['unfurl_links', 'unfurl_media'],
};

function fits(type: string | undefined, value: unknown, form: boolean): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean' || (form && /^(true|false|0|1)$/.test(String(value)));
    case 'integer':
    case 'number':
      return typeof value === 'number' || (form && /^\d+$/.test(String(value)));
    case 'array':
      return Array.isArray(value);
    default:
      return true;
  }
}

/** What is wrong with the call, one sentence each. */
export function violations(corpus: Corpus, method: string, call: CallArguments): readonly string[] {
  const spec = corpus[method];
  if (spec === undefined) return [];
  const found: string[] = [];
  const values: Json = call.values;
  for (const [name, value] of Object.entries(values)) {
    if (name === 'token') continue;
    const expected = spec.args[name];
    if (expected === undefined) {
      if (ALSO[method]?.includes(name) !== true) found.push(`${method} has no argument ${name}`);
    } else if (!fits(expected.type, value, call.form))
      found.push(`${method} ${name} should be ${expected.type}, not ${JSON.stringify(value)}`);
    else if (expected.enum !== undefined && !expected.enum.includes(String(value)))
      found.push(`${method} ${name} should be one of ${expected.enum.join(', ')}`);
  }
  for (const name of spec.required) {
    const instead = INSTEAD[`${method} ${name}`];
    const isClear = EMPTY_CLEARS.has(`${method} ${name}`);
    const isThere = values[name] !== undefined && (isClear || values[name] !== '');
    if (!isThere && (instead === undefined || values[instead] === undefined))
      found.push(`${method} needs ${name}`);
  }
  return found;
}

/** Arguments whose empty text is a value. */
const EMPTY_CLEARS = new Set(['assistant.threads.setStatus status']);

/** Answers that every method may give, which the reference does not repeat. */
const EVERYWHERE = new Set(
  'not_authed invalid_auth token_expired token_revoked not_allowed_token_type missing_scope ratelimited invalid_arguments internal_error fatal_error service_unavailable unknown_method'.split(
    ' ',
  ),
);
/** Answers of Slack's documentation that the reference leaves out. */
const ANSWERED: Readonly<Record<string, readonly string[]>> = {
  'chat.postMessage': ['msg_too_long'],
  'chat.startStream': ['msg_too_long', 'cannot_reply_to_message'],
  'chat.appendStream': ['msg_too_long'],
  'chat.stopStream': ['msg_too_long'],
};

/** The fake may not invent answers: no app should be made to handle what Slack never says. */
export function isInvented(corpus: Corpus, method: string, error: string): boolean {
  const spec = corpus[method];
  if (spec === undefined || EVERYWHERE.has(error)) return false;
  return !spec.errors.includes(error) && ANSWERED[method]?.includes(error) !== true;
}
