/**
 * The page of one permission request, where links of messages lead. Invariant: everything that an
 * approval would allow stands above its buttons, whole, hidden characters shown.
 */
import type { PermissionView } from '../../core/model/transcript.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { directoryOf } from '../../core/transcript/asked.ts';
import { showHidden } from './hidden.ts';
import { markup, type Child, type Html } from './html.ts';
import { icon } from './icon.ts';
import { placeName, shownName } from './name.ts';
import { renderDocument, renderNotes } from './document.ts';
import { subjectOf } from '../../core/transcript/asked.ts';
import {
  askerOf,
  buttonClass,
  headingOf,
  renderDecision,
  renderInput,
  wasAllowed,
} from './permission.ts';
import { timeOfDay, until } from './time.ts';
import type { ThreadLink } from './session-facts.ts';

type View = Extract<ResolvedView, { kind: 'permission' }>;

export interface ApprovalPage {
  readonly view: View;
  /** Address of this page: its form is sent there. */
  readonly action: string;
  /** What the link was made for is not what is asked now. */
  readonly isChanged: boolean;
  readonly threads: readonly ThreadLink[];
  readonly script: string;
  /** Of the live updates. */
  readonly stream: string;
  /** Why the answer that was just given did not count. */
  readonly problem?: string | undefined;
}

export function renderApproval(page: ApprovalPage): string {
  const { view, threads, problem } = page;
  const links = threads.filter(({ url }) => url !== undefined);
  return renderDocument(
    { title: `${headingOf(view)} · Threadcast`, script: page.script },
    markup`<main class="alone wide" id="approval" data-stream="${page.stream}">
      <p class="crumbs"><a class="brand" href="/">Threadcast</a>
        <a href="/sessions/${view.sessionId}">Session page</a>
        ${links.map(({ url, name }) => markup`<a href="${url}">${name}</a>`)}
      </p>
      ${problem !== undefined && markup`<p class="reason" role="alert">${icon('alert')} <span>${problem}</span></p>`}
      ${renderRequest(page)}
    </main>
    ${renderNotes()}`,
  );
}

/** The part that changes when somebody answers. */
export function renderRequest({ view, action, isChanged }: ApprovalPage): Html {
  const { permission } = view;
  const { outcome } = permission;
  const state = outcome === null ? 'pending' : wasAllowed(outcome) ? 'allowed' : 'denied';
  return markup`<section id="request" class="permission" data-state="${state}" aria-labelledby="request-title">
    <header>
      ${icon(outcome === null ? 'hand' : wasAllowed(outcome) ? 'check' : 'cross')}<h1 id="request-title">${headingOf(view)}</h1>
      <code class="code" title="Short code of this request">${permission.code}</code>
    </header>
    ${outcome !== null && markup`<p class="decided" role="status">${renderDecision(outcome)} · ${timeOfDay(outcome.at)}</p>`}
    ${renderFacts(view)}
    ${renderInput(subjectOf(permission), { characters: Infinity, lines: Infinity })}
    ${outcome === null && (isChanged ? CHANGED : renderOptions(permission, action))}
  </section>`;
}

const CHANGED = markup`<p class="reason">${icon('alert')} <span>What the agent asks has changed since this link was made. Answer it on the session page.</span></p>`;

function renderFacts(view: View): Html {
  const { permission, transcript } = view;
  const asker = askerOf(view);
  const rows: readonly (readonly [string, Child])[] = [
    ['Agent', transcript.agentName],
    ['Kind', permission.toolCall.kind],
    ...row(
      'Works in',
      directoryOf(permission) ?? transcript.cwd,
      (path) => markup`<code>${showHidden(path, 'code')}</code>`,
    ),
    ...row(
      'Asked for by',
      asker,
      (actor) => markup`${shownName(actor)} · ${placeName(actor.surface)}`,
    ),
    ['Asked', timeOfDay(permission.requestedAt)],
    ...(permission.outcome === null ? [['Expires', until(permission.expiresAt)] as const] : []),
  ];
  return markup`<dl class="facts">${rows.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function row<T>(
  name: string,
  value: T | null | undefined,
  show: (value: T) => Html,
): readonly (readonly [string, Html])[] {
  return value === null || value === undefined ? [] : [[name, show(value)]];
}

function renderOptions({ options }: PermissionView, action: string): Html {
  if (options.length === 0) {
    return markup`<p class="note">The agent offers no answer to choose from. Stop the turn to go on.</p>`;
  }
  const buttons = options.map(
    (option) =>
      markup`<button class="${buttonClass(option)}" name="option" value="${option.optionId}" dir="auto">${showHidden(option.name, 'code')}</button>`,
  );
  return markup`<form class="options" method="post" action="${action}">${buttons}</form>`;
}
