/**
 * A permission request as a message of its own. Invariant: an approving button is only where the
 * whole of what it approves can be read, hidden characters included.
 */
import { directoryOf, optionAdds, subjectOf } from '../../core/transcript/asked.ts';
import type { KnownBlock } from '@slack/types';
import type { PermissionOption } from '../../core/model/permission.ts';
import type { PermissionView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import { exactText, hiddenCharacters } from '../../core/transcript/text.ts';
import { answerWord, closedBecause, wantsTo } from '../../core/transcript/words.ts';
import { context, cut, mrkdwnSection, preformatted, TEXT_LIMIT, type SlackBody } from './body.ts';
import { askerOf } from '../address.ts';
import { codeLine, plainLine } from './mrkdwn.ts';

type View = Extract<ResolvedView, { kind: 'permission' }>;

/** A request, wherever it is shown. */
export type Asked = Pick<View, 'sessionId' | 'permission'>;

/** Gives the opaque token of an option's button; undefined: this option has no button. */
export type MintToken = (asked: Asked, option: PermissionOption) => string | undefined;

/** All buttons of permission requests have an action id that begins so. */
export const PERMISSION_ACTION = 'permission';

/** More than this is not shown whole, so it cannot be approved by a click. */
const READABLE = { characters: 2_900, lines: 80 };
const MOST_BUTTONS = 25;
const LABEL_LIMIT = 75;
const LONGEST_OPTION = 500;

/** `url`: the page that shows all of it and takes an answer, when people can reach it. */
export function renderPermission(view: View, mint: MintToken, url?: string): SlackBody {
  const { outcome } = view.permission;
  return outcome === null ? pending(view, mint, url) : decided(view.permission, outcome);
}

function pending(view: View, mint: MintToken, url: string | undefined): SlackBody {
  const { permission, transcript } = view;
  const { toolCall, code } = permission;
  const heading = `✋ *${plainLine(transcript.agentName)}* ${wantsTo(toolCall.kind)} \`${plainLine(code)}\``;
  const blocks = [
    mrkdwnSection(heading),
    ...askedBlocks(view, mint, url),
    context(footer(view, url)),
  ];
  const subject = cut(textOf(permission), 500);
  const text = `${heading}\n${codeLine(subject)}\n${howToType(code)}`;
  const asker = permission.promptId && transcript.turns.get(permission.promptId)?.actor;
  return { text: cut(text, TEXT_LIMIT), blocks, ...askerOf(asker ?? undefined) };
}

/** What is asked, and the buttons that answer it; approving ones only below the whole of it. */
export function askedBlocks(
  asked: Asked,
  mint: MintToken,
  url: string | undefined,
): readonly KnownBlock[] {
  const { permission } = asked;
  const subject = textOf(permission);
  const isWhole =
    subject.length <= READABLE.characters && subject.split('\n').length <= READABLE.lines;
  const shown = isWhole ? subject : beginning(subject);
  // What cannot be read whole, neither input nor option, is not allowed by a click.
  const options = permission.options.filter(
    ({ kind, name }) => kind.startsWith('reject') || (isWhole && name.length <= LONGEST_OPTION),
  );
  return [
    preformatted(shown === '' ? '(no details)' : shown),
    ...(isWhole ? [] : [context(tooLong(subject.length, url))]),
    ...buttons(asked, options, mint),
    // A label has no room for all that some options allow.
    ...options
      .filter(({ name }) => hiddenCharacters(name).trim().length > LABEL_LIMIT)
      .map(({ name }) => context(`“…” ${plainLine(name)}`)),
  ];
}

function tooLong(characters: number, url: string | undefined): string {
  const count = new Intl.NumberFormat('en-US').format(characters);
  const how = url === undefined ? '' : ` <${url}|Read all of it>, and answer there.`;
  return `This is too long to be approved by a click: ${count} characters.${how}`;
}

function beginning(subject: string): string {
  const lines = subject.slice(0, READABLE.characters).split('\n').slice(0, READABLE.lines);
  return `${lines.join('\n')}\n…`;
}

function buttons(
  asked: Asked,
  options: readonly PermissionOption[],
  mint: MintToken,
): readonly KnownBlock[] {
  const elements = options.slice(0, MOST_BUTTONS).flatMap((option, index) => {
    const value = mint(asked, option);
    if (value === undefined) return [];
    const style = styleOf(option);
    const label = cut(hiddenCharacters(option.name).trim() || option.kind, LABEL_LIMIT);
    return [
      {
        type: 'button' as const,
        action_id: `${PERMISSION_ACTION}:${index}`,
        text: { type: 'plain_text' as const, text: label, emoji: false },
        value,
        ...(style === undefined ? {} : { style }),
      },
    ];
  });
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

function styleOf({ kind }: PermissionOption): 'primary' | 'danger' | undefined {
  if (kind === 'allow_once') return 'primary';
  return kind.startsWith('reject') ? 'danger' : undefined;
}

function footer({ permission, transcript }: View, url: string | undefined): string {
  const asker = permission.promptId && transcript.turns.get(permission.promptId)?.actor.name;
  const directory = directoryOf(permission);
  const seconds = Math.floor(permission.expiresAt / 1000);
  const at = new Date(permission.expiresAt).toISOString().slice(11, 16);
  return [
    ...(asker ? [`asked for by ${plainLine(asker)}`] : []),
    ...(directory === undefined ? [] : [`in ${codeLine(directory)}`]),
    `expires <!date^${seconds}^{time}|at ${at} UTC>`,
    howToType(permission.code),
    ...(url === undefined ? [] : [`<${url}|answer on its page>`]),
  ].join(' · ');
}

const howToType = (code: string): string =>
  `or mention me with \`approve ${plainLine(code)}\` or \`deny ${plainLine(code)}\``;

/** All of what would be done, as text. */
function textOf(permission: PermissionView): string {
  const { title, command, places, diffs, texts } = subjectOf(permission);
  return [
    ...(title === '' ? [] : [title]),
    ...(command === undefined ? [] : [command]),
    ...places,
    ...diffs.map((diff) => [diff.path, ...diffLines(diff).lines].join('\n')),
    ...texts,
  ]
    .map(exactText)
    .join('\n');
}

function decided(
  permission: PermissionView,
  outcome: NonNullable<PermissionView['outcome']>,
): SlackBody {
  const { toolCall, code } = permission;
  const isAllowed =
    outcome.kind === 'selected' && outcome.option?.kind.startsWith('allow') === true;
  const mark = isAllowed ? '✅' : '🚫';
  const what = codeLine(cut(toolCall.command ?? toolCall.title, 300));
  const line = `${mark} ${said(permission, outcome)} · ${time(outcome.at)} · ${what} \`${plainLine(code)}\``;
  return { text: line, blocks: [context(line)] };
}

function said(permission: PermissionView, outcome: NonNullable<PermissionView['outcome']>): string {
  switch (outcome.kind) {
    case 'selected': {
      const rule = outcome.rule === undefined ? '' : ` (rule ${plainLine(outcome.rule)})`;
      const { option: chosen } = outcome;
      const option = chosen && optionAdds(permission) ? ` · ${plainLine(chosen.name)}` : '';
      return `${answerWord(outcome.option?.kind)} by ${plainLine(outcome.by.name)}${rule}${option}`;
    }
    case 'cancelled':
      return `Closed unanswered: ${closedBecause(outcome.reason)}`;
    case 'expired':
      return 'Expired: nobody answered in time, so it was denied';
  }
}

function time(at: number): string {
  const utc = new Date(at).toISOString().slice(11, 16);
  return `<!date^${Math.floor(at / 1000)}^{time}|${utc} UTC>`;
}
