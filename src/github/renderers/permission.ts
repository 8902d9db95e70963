/**
 * A permission request as a comment of its own, and as a check run beside it. Invariant: a box that
 * approves is only where the whole of what it approves can be read, hidden characters included.
 */
import { directoryOf, readable } from '../../core/transcript/asked.ts';
import type { PermissionOption } from '../../core/model/permission.ts';
import type { DiffContent, PermissionView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import type { MintAnswer } from '../../core/sessions/answer-by-token.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import { hiddenCharacters } from '../../core/transcript/text.ts';
import { answerWord, closedBecause, wantsTo } from '../../core/transcript/words.ts';
import { renderDiff } from './diff.ts';
import { taskLine } from './marker.ts';
import { block, code, prose } from './neutral.ts';

export type PermissionShown = Extract<ResolvedView, { kind: 'permission' }>;

/** More than this is not approved by a tick. */
const READABLE = { characters: 20_000, lines: 400 } as const;

/** Of the input as Markdown; a comment takes little more. */
const LONGEST = 50_000;

/** `url`: the page that shows all of it and takes an answer, when people can reach it. */
export function renderPermission(view: PermissionShown, mint: MintAnswer, url?: string): string {
  const { permission } = view;
  return permission.outcome === null
    ? renderPending(view, mint, url)
    : `${renderOutcome(permission, permission.outcome)}\n\n${code(subjectLine(permission))}`;
}

/** Heading of a request, without Markdown. */
export function headingOf({ permission, transcript }: PermissionShown): string {
  return `${transcript.agentName} ${wantsTo(permission.toolCall.kind)}`;
}

export function subjectLine({ toolCall }: PermissionView): string {
  return toolCall.command ?? (toolCall.title || toolCall.kind);
}

/** The options that boxes and buttons are for: once, as far as that is offered. */
export function choicesOf(options: readonly PermissionOption[]): {
  readonly allow: PermissionOption | undefined;
  readonly deny: PermissionOption | undefined;
} {
  const of = (kind: string): PermissionOption | undefined =>
    options.find((option) => option.kind === `${kind}_once`) ??
    options.find((option) => option.kind.startsWith(kind));
  return { allow: of('allow'), deny: of('reject') };
}

function renderPending(view: PermissionShown, mint: MintAnswer, url: string | undefined): string {
  const { permission, transcript } = view;
  const { code: short, toolCall, expiresAt } = permission;
  const input = renderInput(permission);
  const asker = permission.promptId && transcript.turns.get(permission.promptId)?.actor.name;
  const directory = directoryOf(permission);
  const facts = [
    prose(toolCall.kind, 20),
    ...(directory === undefined ? [] : [`in ${code(directory)}`]),
    ...(asker ? [`asked for by ${prose(asker, 60)}`] : []),
    `expires ${utc(expiresAt)}`,
  ].join(' · ');
  const { allow, deny } = choicesOf(permission.options);
  const boxes = [...(input.whole && allow ? [allow] : []), ...(deny ? [deny] : [])].map((option) =>
    taskLine(`**${prose(option.name, 60)}**`, mint(view, option)),
  );
  const all = url === undefined ? 'read all of it' : `[read all of it](${url})`;
  const tooLong = `_This is too long to be approved by a tick: ${all}, then write \`/approve ${short}\`._`;
  const page = url === undefined ? '' : `, or [answer on its page](${url})`;
  return [
    `### ✋ ${prose(headingOf(view), 120)} \`${short}\``,
    input.markdown,
    facts,
    ...(input.whole ? [] : [tooLong]),
    boxes.join('\n'),
    `Tick a box, or write \`/approve ${short}\` or \`/deny ${short}\`${page}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** All of what would be done, as far as it fits. */
export function renderInput(permission: PermissionView): {
  readonly markdown: string;
  readonly whole: boolean;
} {
  const { toolCall, asked } = permission;
  const { command, title, content, locations } = toolCall;
  const diffs = content.filter((part): part is DiffContent => part.type === 'diff');
  // Without a command or a diff, only the raw input says what the title may not.
  const raw = command === undefined && diffs.length === 0 ? readable(asked['rawInput']) : [];
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const blocks = [command ?? '', ...raw, ...texts.filter((text) => text !== command)]
    .filter((text) => text.trim() !== '')
    .map(hiddenCharacters);
  const lines = diffs.reduce((sum, diff) => sum + diffLines(diff).lines.length, 0);
  const characters = blocks.join('\n').length;
  const rendered = diffs.map((diff) => renderDiff(diff, READABLE.lines));
  const whole =
    characters <= READABLE.characters &&
    lines <= READABLE.lines &&
    rendered.every((diff) => diff.whole) &&
    rendered.every((diff) => diff.markdown.length <= READABLE.characters);
  const places = locations
    .map(({ path }) => path)
    .filter((path) => !diffs.some((diff) => diff.path === path));
  const shownTitle = title === command || title.trim() === '' ? [] : [prose(title, 500)];
  const markdown = [
    ...shownTitle,
    ...blocks.map((text) => block(text.slice(0, READABLE.characters), '')),
    ...(places.length === 0 ? [] : [places.map((path) => `- ${code(path, 500)}`).join('\n')]),
    ...rendered.map((diff) => diff.markdown),
  ].join('\n\n');
  if (markdown.length <= LONGEST) return { markdown, whole };
  // Cut as one block: whatever stood open in it ends with it.
  return { markdown: block(markdown.slice(0, READABLE.characters)), whole: false };
}

/** One line: who decided what, and when. */
export function renderOutcome(
  { code: short }: PermissionView,
  outcome: NonNullable<PermissionView['outcome']>,
): string {
  const at = utc(outcome.at);
  switch (outcome.kind) {
    case 'cancelled':
      return `🚫 Request \`${short}\` was closed unanswered: ${closedBecause(outcome.reason)} (${at}).`;
    case 'expired':
      return `⌛ Request \`${short}\` expired: nobody answered in time, so it was denied (${at}).`;
    case 'selected': {
      const { option, by, rule } = outcome;
      const sign = option?.kind.startsWith('allow') === true ? '✅' : '⛔';
      const word = answerWord(option?.kind);
      const who = rule === undefined ? `by **${prose(by.name, 60)}**` : `by the rule ${code(rule)}`;
      const name = option === null ? '' : `: ${prose(option.name, 60)}`;
      return `${sign} ${word} ${who} (${at})${name}`;
    }
  }
}

function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
