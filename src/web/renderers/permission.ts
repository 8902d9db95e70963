/**
 * A permission request as a message of its own. Invariant: an approving button is only where the
 * whole of what it approves can be read, hidden characters included.
 */
import type { Actor } from '../../core/model/actor.ts';
import { directoryOf, subjectOf, type Subject } from '../../core/transcript/asked.ts';
import type { PermissionOption } from '../../core/model/permission.ts';
import type { PermissionView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { renderDiff } from './diff.ts';
import { diffLines } from '../../core/transcript/diff.ts';
import { exactText } from '../../core/transcript/text.ts';
import { answerWord, closedBecause, wantsTo } from '../../core/transcript/words.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';
import { icon } from './icon.ts';
import { shownName } from './name.ts';
import { timeOfDay, until } from './time.ts';
import { kindIcon } from './tool-call.ts';

type View = Extract<ResolvedView, { kind: 'permission' }>;

/** Gives the opaque token of an option's button: bound to request, option, expiry and input. */
export type MintToken = (view: View, option: PermissionOption) => string;

/** More than this is folded before it can be approved. */
const SHORT = { characters: 1_200, lines: 24 };
/** More than this no person reads in a chat: no approval by click at all. */
const READABLE = { characters: 200_000, lines: 4_000 };

/** `url`: the page that shows all of what is asked. */
export function renderPermission(view: View, mint: MintToken, url: string): Html {
  const { permission, transcript } = view;
  return permission.outcome === null
    ? renderPending(view, mint, url)
    : renderOutcome(permission, permission.outcome, transcript.agentName);
}

/** What the request is, in a sentence. */
export function headingOf({ permission, transcript }: View): string {
  return `${transcript.agentName} ${wantsTo(permission.toolCall.kind)}`;
}

/** Whose prompt led to it. */
export const askerOf = ({ permission, transcript }: View): Actor | undefined =>
  permission.promptId === null ? undefined : transcript.turns.get(permission.promptId)?.actor;

function renderPending(view: View, mint: MintToken, url: string): Html {
  const { permission } = view;
  const { toolCall, code } = permission;
  const asker = askerOf(view);
  const directory = directoryOf(permission);
  const heading = headingOf(view);
  return markup`<section class="permission" data-state="pending" data-announce="${heading}. Please answer.">
    <header>
      ${icon('hand')}<h3>${heading}</h3>
      <code class="code" title="Short code of this request">${code}</code>
    </header>
    ${renderSubject(view, mint, url)}
    <footer>
      ${kindIcon(toolCall.kind)} ${toolCall.kind}${
        directory !== undefined && markup` in <code>${showHidden(directory, 'code')}</code>`
      }${asker && markup` · asked for by ${shownName(asker)}`}
      · expires <span>${until(permission.expiresAt)}</span>
      <span class="typed">· or type <code>/approve ${code}</code> or <code>/deny ${code}</code></span>
    </footer>
  </section>`;
}

function renderSubject(view: View, mint: MintToken, url: string): Html {
  const { permission } = view;
  const subject = subjectOf(permission);
  const size = sizeOf(subject);
  const buttons = (options: readonly PermissionOption[]): Html =>
    renderButtons(view, options, mint);
  if (permission.options.length === 0) {
    return markup`${renderInput(subject)}<p class="note">The agent offers no answer to choose from. Stop the turn to go on.</p>`;
  }
  if (within(size, SHORT)) return markup`${renderInput(subject)}${buttons(permission.options)}`;
  const readable = within(size, READABLE);
  const summary = readable ? 'Read all of it, then answer' : 'Read the beginning';
  return markup`<details class="whole" id="whole-${permission.requestId}">
      <summary>${summary} (${size.lines} lines, ${size.characters} characters)</summary>
      ${renderInput(subject)}
      ${readable && buttons(permission.options)}
    </details>
    ${!readable && markup`<p class="note">This is too long to be approved by a click. <a href="${url}">Read all of it</a>, and answer there.</p>`}
    ${buttons(permission.options.filter(({ kind }) => kind.startsWith('reject')))}`;
}

function renderButtons(view: View, options: readonly PermissionOption[], mint: MintToken): Html {
  const buttons = options.map(
    (option) =>
      markup`<button class="${buttonClass(option)}" name="token" value="${mint(view, option)}" dir="auto">${showHidden(option.name, 'code')}</button>`,
  );
  return markup`<form class="options" method="post" action="/web/action" data-async aria-label="Answer ${view.permission.code}">${buttons}</form>`;
}

export function buttonClass({ kind }: PermissionOption): string {
  if (kind === 'allow_once') return 'primary';
  return kind.startsWith('reject') ? 'danger' : '';
}

interface Size {
  readonly characters: number;
  readonly lines: number;
}

const within = (size: Size, limit: Size): boolean =>
  size.characters <= limit.characters && size.lines <= limit.lines;

function sizeOf(subject: Subject): Size {
  const texts = [subject.title, subject.command ?? '', ...subject.places, ...subject.texts];
  const lines = [
    ...texts.flatMap((text) => text.split('\n')),
    ...subject.diffs.flatMap((diff) => diffLines(diff).lines),
  ];
  const characters = lines.reduce((sum, line) => sum + line.length + 1, 0);
  return { lines: lines.filter((line) => line !== '').length, characters };
}

/** `limit`: of each text, in characters; of each diff, in lines. */
export function renderInput(
  { title, command, places, diffs, texts }: Subject,
  limit: Size = READABLE,
): Html {
  const isSilent = title === '' && command === undefined && diffs.length + texts.length === 0;
  const whole = (text: string, className: string): Html =>
    markup`<pre class="${className}" tabindex="0"><code>${showHidden(exactText(text.slice(0, limit.characters)), 'code')}</code></pre>`;
  return markup`${isSilent && markup`<p class="note">The agent does not say what it wants to do.</p>`}
    ${title !== '' && markup`<p class="title" dir="auto">${showHidden(title, 'code')}</p>`}
    ${command !== undefined && whole(command, 'command')}
    ${places.map((path) => markup`<p class="path">${showHidden(path, 'code')}</p>`)}
    ${diffs.map((diff) => renderDiff(diff, limit.lines))}
    ${texts.map((text) => whole(text, 'output'))}`;
}

type Outcome = NonNullable<PermissionView['outcome']>;

export const wasAllowed = ({ kind, option }: Outcome): boolean =>
  kind === 'selected' && option?.kind.startsWith('allow') === true;

/** Who decided what, without the time. */
export function renderDecision(outcome: Outcome): Html {
  return {
    selected: () =>
      markup`${answerWord(outcome.option?.kind)} by ${shownName(outcome.by)}${
        outcome.rule !== undefined && markup` (rule ${outcome.rule})`
      }${outcome.option !== null && markup` · ${showHidden(outcome.option.name, 'code')}`}`,
    cancelled: () => markup`Closed unanswered: ${closedBecause(outcome.reason)}`,
    expired: () => markup`Expired: nobody answered in time, so it was denied`,
  }[outcome.kind]();
}

function renderOutcome(
  { toolCall, code }: PermissionView,
  outcome: Outcome,
  agentName: string,
): Html {
  const allowed = wasAllowed(outcome);
  const what = toolCall.command ?? toolCall.title;
  return markup`<p class="outcome" data-state="${allowed ? 'allowed' : 'denied'}" data-announce="${agentName}: request ${code} is closed">
    ${icon(allowed ? 'check' : 'cross')} <span>${renderDecision(outcome)} · ${timeOfDay(outcome.at)}</span>
    <code class="what">${showHidden(what.length > 160 ? `${what.slice(0, 160)}…` : what, 'code')}</code>
  </p>`;
}
