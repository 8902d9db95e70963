/**
 * A permission request as a comment of its own, and as a check run beside it. Invariant: a box that
 * approves is only where the whole of what it approves can be read, hidden characters included.
 */
import { directoryOf, optionAdds, subjectOf } from '../../core/transcript/asked.ts';
import type { PermissionOption } from '../../core/model/permission.ts';
import type { PermissionView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import type { MintAnswer } from '../../core/sessions/answer-by-token.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import { clip, exactText, wrapped } from '../../core/transcript/text.ts';
import { answerWord, closedBecause, wantsTo } from '../../core/transcript/words.ts';
import { renderDiff } from './diff.ts';
import { taskLine } from './marker.ts';
import { block, code, prose } from './neutral.ts';

export type PermissionShown = Extract<ResolvedView, { kind: 'permission' }>;

/** More than this is not approved by a tick. */
const READABLE = { characters: 10_000, lines: 200 } as const;
/** Of what is longer. */
const BEGINNING = { characters: 4_000, lines: 60 } as const;
const LONGEST_TITLE = 300;
/** A comment shows no more of a line of code. */
const WIDTH = 96;

export function renderPermission(view: PermissionShown, mint: MintAnswer, url?: string): string {
  const { permission } = view;
  return permission.outcome === null
    ? renderPending(view, mint, url)
    : `${renderOutcome(permission, permission.outcome)} · ${code(subjectLine(permission))}`;
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
  const { code: short, expiresAt } = permission;
  const input = renderInput(permission);
  const asker = permission.promptId && transcript.turns.get(permission.promptId)?.actor.name;
  const directory = directoryOf(permission);
  const facts = [
    ...(asker ? [`asked for by ${prose(asker, 60)}`] : []),
    ...(directory === undefined ? [] : [`in ${code(directory, Infinity)}`]),
    `expires ${utc(expiresAt)}`,
  ].join(' · ');
  const { allow, deny } = choicesOf(permission.options);
  const mayAllow = input.whole && allow !== undefined && allow.name.length <= LONGEST_TITLE;
  const boxes = [...(mayAllow ? [allow] : []), ...(deny ? [deny] : [])].map((option) =>
    taskLine(`**${prose(option.name, 300)}**`, mint(view, option)),
  );
  const all = url === undefined ? 'read all of it' : `[read all of it](${url})`;
  const tooLong = `_This is too long to be approved by a tick: ${all}, then write \`/approve ${short}\`._`;
  const page = url === undefined ? '' : `, or [answer on its page](${url})`;
  return [
    `### ✋ ${prose(headingOf(view), 120)} \`${short}\``,
    input.markdown,
    facts.charAt(0).toUpperCase() + facts.slice(1),
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
  const { title, command, places, diffs, texts } = subjectOf(permission);
  const isLongTitle = title.length > LONGEST_TITLE || title.includes('\n');
  const blocks = [
    ...(isLongTitle ? [title] : []),
    ...(command === undefined ? [] : [command]),
    ...texts,
  ].map((text) => wrapped(exactText(text), WIDTH));
  const rendered = diffs.map((diff) => renderDiff(diff, READABLE.lines));
  const lines = [
    ...blocks.flatMap((text) => text.split('\n')),
    ...diffs.flatMap((diff) => diffLines(diff).lines),
    ...places,
  ];
  const characters = lines.reduce((sum, line) => sum + line.length + 1, 0);
  const isShort = lines.length <= READABLE.lines && characters <= READABLE.characters;
  const shownTitle = isLongTitle || title === '' ? [] : [prose(title, LONGEST_TITLE * 2)];
  if (!isShort) {
    const beginning = lines
      .slice(0, BEGINNING.lines)
      .map((line) => wrapped(exactText(line), WIDTH));
    const text = clip(beginning.join('\n'), BEGINNING.characters);
    return { markdown: [...shownTitle, block(`${text}\n…`)].join('\n\n'), whole: false };
  }
  const markdown = [
    ...shownTitle,
    ...blocks.map((text) => block(text)),
    ...(places.length === 0 ? [] : [places.map((path) => `- ${code(path, Infinity)}`).join('\n')]),
    ...rendered.map((diff) => diff.markdown),
  ].join('\n\n');
  return { markdown, whole: rendered.every((diff) => diff.whole) };
}

/** One line: who decided what, and when. */
export function renderOutcome(
  permission: PermissionView,
  outcome: NonNullable<PermissionView['outcome']>,
): string {
  const short = permission.code;
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
      const name = option && optionAdds(permission) ? `: ${prose(option.name, 60)}` : '';
      return `${sign} ${word} ${who} (${at})${name}`;
    }
  }
}

function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
