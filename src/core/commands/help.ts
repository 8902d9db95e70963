/**
 * Help and the short answers to commands that cannot be understood, as Markdown made from the
 * grammar table. Verbs that come later are not listed.
 */
import type { Role } from '../model/actor.ts';
import { ROLE_HOLDERS, type Verb } from '../model/verbs.ts';
import { closest } from './closest.ts';
import type { ChatVerb } from './command.ts';
import { GRAMMAR, roleOfRow, rowOf, usageOf, type VerbRow } from './grammar.ts';

export interface HelpFacts {
  /** How we are mentioned here, without `@`. */
  readonly mention: string;
  /** Whether the reader may do it: `authorize` with the reader as caller. */
  readonly may: (verb: Verb) => boolean;
}

/** What the reader may do, then what others may. With `topic`: about that verb alone. */
export function helpText(facts: HelpFacts, topic: ChatVerb | null = null): string {
  const asked = topic === null ? undefined : rowOf(topic, false);
  return asked === undefined ? overview(facts) : aboutVerb(asked, facts);
}

function overview({ mention, may }: HelpFacts): string {
  const rows = GRAMMAR.filter((row) => row.available === true);
  const mine = rows.filter((row) => may(row.needs));
  const others = rows.filter((row) => !may(row.needs));
  const mayPrompt = may('prompt');
  return [
    ...(mayPrompt
      ? [`Write \`@${mention}\` and what you want done, or one of these commands:`]
      : [`Write \`@${mention}\` and one of these commands:`]),
    '',
    ...mine.map((row) => `- \`${usageOf(row)}\` ${row.help}`),
    '',
    'In a thread that has a session, `/command` at the start of a line works without the mention.',
    ...(mayPrompt ? ['Before the text you may put `agent=… model=… mode=…`.'] : []),
    ...reserved(others),
  ].join('\n');
}

/** One line for each role that the reader lacks. */
function reserved(rows: readonly VerbRow[]): readonly string[] {
  const byRole = Map.groupBy(rows, roleOfRow);
  const lines = [...byRole].map(([role, of]) => `- ${of.map(code).join(', ')}: ${holders(role)}`);
  return lines.length === 0 ? [] : ['', 'Others can do more:', '', ...lines];
}

function code(row: VerbRow): string {
  return `\`${row.verb}\``;
}

function holders(role: Role): string {
  return `${ROLE_HOLDERS[role]} (role \`${role}\`)`;
}

function aboutVerb(row: VerbRow, { mention, may }: HelpFacts): string {
  if (row.available === 'later') return notAvailable(row);
  return [
    `\`${usageOf(row)}\` ${row.help}`,
    ...row.aliases.map((alias) => `\`/${alias}\` is the same.`),
    `Example: \`@${mention} ${row.example}\``,
    ...(may(row.needs) ? [] : [`You may not do this here; these may: ${holders(roleOfRow(row))}.`]),
  ].join('\n');
}

/** `word` is made of letters and hyphens; whatever is long is cut. */
export function unknownVerb(word: string): string {
  const near = nearestVerb(word, 2);
  const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`;
  return `There is no command \`/${word.slice(0, 32)}\`.${hint} \`help\` lists what you can do.`;
}

/** A lone word that is nearly a verb: hardly anybody's whole prompt. */
export function nearlyVerb(word: string): string | undefined {
  const near = word.length < 4 ? undefined : nearestVerb(word, 1);
  if (near === undefined) return undefined;
  return `Did you mean \`${near}\`? If \`${word.slice(0, 32)}\` is what the agent should do, say it in more than one word.`;
}

export function wrongArguments(row: VerbRow): string {
  if (row.usage === '') {
    return `\`${row.verb}\` stands alone: write nothing after it. To tell the agent something, begin with another word.`;
  }
  return `I cannot read that. Write \`${usageOf(row)}\`, for example \`${row.example}\`.`;
}

export function notAvailable(row: VerbRow): string {
  return `\`${row.verb}\` is not available yet.`;
}

function nearestVerb(word: string, edits: number): string | undefined {
  const verbs = GRAMMAR.filter((row) => row.available === true).map((row) => row.verb);
  return closest(word.toLowerCase(), verbs, Math.min(edits, Math.floor(word.length / 2)));
}
