/**
 * The permission policy: rules decide before people are asked. Precedence deny > ask > allow,
 * whatever the order of the rules; no match = ask. What cannot be understood for certain (a command
 * that is more than one or not reported, a path outside the workspace) is never allowed by a rule.
 */
import { z } from 'zod';
import { AppError } from '../model/errors.ts';
import { commandContains, commandMatches, pathMatches, placePath } from './match.ts';
import { shellWords } from './shell-words.ts';

/** A string is split at spaces; a list is taken as it is, for tokens that have spaces. */
const commandSchema = z
  .union([
    z.string().transform((text) => text.split(/\s+/).filter((token) => token !== '')),
    z.array(z.string()),
  ])
  .refine((tokens) => tokens.length > 0, 'names no command')
  .refine((tokens) => !tokens.slice(0, -1).includes('**'), '`**` may only be the last token');

const ruleSchema = z
  .strictObject({
    /** ACP ToolKind; absent: any. */
    kind: z
      .enum('read edit delete move search execute think fetch switch_mode other'.split(' '))
      .optional(),
    /** argv tokens: `git status`, `npm run *`, `git log **`. */
    command: commandSchema.optional(),
    /** Glob relative to the workspace, or absolute: `src/**`, `/etc/**`. */
    path: z.string().min(1).optional(),
    author: z.enum(['trusted', 'untrusted', 'any']).default('any'),
    action: z.enum(['allow', 'ask', 'deny']),
    /** Who may answer; absent: everybody with the role `approve`. */
    approvers: z.array(z.string().min(1)).min(1).optional(),
    /** How many of them must allow it. */
    quorum: z.int().min(1).optional(),
  })
  .refine(
    (rule) => rule.action === 'ask' || (rule.approvers ?? rule.quorum) === undefined,
    '`approvers` and `quorum` only go with `action: ask`',
  );

export type PolicyRule = z.infer<typeof ruleSchema>;

export interface PolicyRequest {
  /** ACP ToolKind. */
  readonly kind: string;
  /** Command lines that run, as the agent gave them; none for what is no command. */
  readonly commands: readonly string[];
  /** Paths that are touched, symbolic links resolved; absolute or relative to the workspace. */
  readonly paths: readonly string[];
  /** Absolute. */
  readonly workspace: string;
  readonly author: 'trusted' | 'untrusted';
}

export interface PolicyDecision {
  readonly action: PolicyRule['action'];
  /** The first rule of the winning action; absent when none matched. */
  readonly rule?: PolicyRule;
  /** Its place in the list, from 0. */
  readonly index?: number;
}

/** Throws AppError `invalid`; `details.field` and the message name the field, `rules[1].comand`. */
export function parseRules(input: unknown): readonly PolicyRule[] {
  const parsed = z.array(ruleSchema).safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [...(issue?.path ?? [])];
  if (issue?.code === 'unrecognized_keys') path.push(issue.keys[0] ?? '');
  const field = path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`),
    'rules',
  );
  const problem =
    issue?.code === 'unrecognized_keys' ? 'is no field of a policy rule' : issue?.message;
  throw new AppError('invalid', `${field}: ${problem ?? 'is not valid'}.`, { details: { field } });
}

const PRECEDENCE = ['deny', 'ask', 'allow'] as const;

export function decide(rules: readonly PolicyRule[], request: PolicyRequest): PolicyDecision {
  for (const action of PRECEDENCE) {
    const index = rules.findIndex(
      (rule) => rule.action === action && mismatch(rule, request) === null,
    );
    const rule = rules[index];
    if (rule !== undefined) return { action, rule, index };
  }
  return { action: 'ask' };
}

/** Which rule won, and for every rule why it matched or did not, one line each. */
export function explain(rules: readonly PolicyRule[], request: PolicyRequest): readonly string[] {
  const { action, index } = decide(rules, request);
  const won = index === undefined ? 'no rule matches' : `rule ${index + 1}`;
  return [
    `${action}: ${won}`,
    ...rules.map((rule, at) => {
      const why = mismatch(rule, request);
      const outcome = why ?? (at === index ? 'matches, and decides' : 'matches');
      return `rule ${at + 1} (${describe(rule)}): ${outcome}`;
    }),
  ];
}

function describe(rule: PolicyRule): string {
  const conditions = [
    rule.kind,
    rule.command === undefined ? undefined : `command ${rule.command.join(' ')}`,
    rule.path === undefined ? undefined : `path ${rule.path}`,
    rule.author === 'any' ? undefined : `${rule.author} author`,
  ].filter((condition) => condition !== undefined);
  return `${rule.action} ${conditions.length === 0 ? 'anything' : conditions.join(', ')}`;
}

/** Why the rule does not match, as the end of a sentence; null when it does. */
function mismatch(rule: PolicyRule, request: PolicyRequest): string | null {
  if (rule.kind !== undefined && rule.kind !== request.kind) return `kind is ${request.kind}`;
  if (rule.author !== 'any' && rule.author !== request.author) return `author is ${request.author}`;
  return rule.action === 'allow' ? notAllowed(rule, request) : notTouched(rule, request);
}

/** Ask and deny: one command or path that the rule names is enough. */
function notTouched({ command, path }: PolicyRule, request: PolicyRequest): string | null {
  if (command !== undefined && !request.commands.some((line) => commandContains(command, line))) {
    return 'no command matches';
  }
  const placed = request.paths.map((one) => placePath(request.workspace, one));
  if (path !== undefined && !placed.some((one) => pathMatches(path, one))) return 'no path matches';
  return null;
}

/** Allow: everything must be understood, inside the workspace, and covered by the rule. */
function notAllowed({ command, path }: PolicyRule, request: PolicyRequest): string | null {
  if (request.kind === 'execute' && request.commands.length === 0) return 'what runs is not known';
  for (const line of request.commands) {
    const parsed = shellWords(line);
    if (!parsed.ok) return `the command is not one simple command: ${parsed.reason}`;
    if (command !== undefined && !commandMatches(command, line)) return 'a command does not match';
  }
  const placed = request.paths.map((one) => placePath(request.workspace, one));
  if (placed.some((one) => !one.inside)) return 'a path is outside the workspace';
  if (command !== undefined && request.commands.length === 0) return 'there is no command';
  if (path === undefined) return null;
  if (placed.length === 0) return 'there is no path';
  if (!placed.every((one) => pathMatches(path, one))) return 'a path does not match';
  // A path says nothing about what a command does besides.
  return command === undefined && request.commands.length > 0 ? 'a command is not covered' : null;
}
