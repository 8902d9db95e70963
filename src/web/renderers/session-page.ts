/** The page of one session: its newest turns whole, older ones on demand. */
import type { Session } from '../../core/model/session.ts';
import type { SessionId } from '../../core/model/ids.ts';
import type { ResolvedView } from '../../core/ports/surface.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';
import { icon } from './icon.ts';
import { renderComposer, renderFrame, TO_END, type PageFrame } from './page.ts';
import { renderDocument } from './document.ts';
import { renderBadge, renderQueue, type QueueState, type ThreadState } from './regions.ts';
import { placeName } from './name.ts';
import { renderFacts, type ThreadLink } from './session-facts.ts';
import { renderSessionTurn, type PermissionButtons, type SessionTurn } from './session-turn.ts';

export interface SessionPage extends PageFrame {
  readonly session: Session;
  readonly state: ThreadState;
  readonly title: string;
  readonly threads: readonly ThreadLink[];
  readonly turns: ShownTurns;
  readonly queue: QueueState | null;
  readonly asks: Html;
  readonly deliveryId: string;
  /**
   * Where the live stream goes on: sequence of the newest event that is shown, and `id:parts` of the
   * newest turn. Null on a page of older turns, which is not live.
   */
  readonly cursor: { readonly seq: number; readonly newest: string } | null;
}

export interface ShownTurns {
  readonly turns: readonly SessionTurn[];
  /** How many come before the first, and the address of the page that shows them. */
  readonly earlier: { readonly count: number; readonly before: string } | null;
}

export function renderSession(page: SessionPage): string {
  const { session, title, cursor } = page;
  const { id } = session;
  const stream =
    cursor !== null &&
    markup` data-stream="/web/sessions/${id}/stream?after=${cursor.seq}&newest=${cursor.newest}"`;
  return renderDocument(
    { title: `${title} · Threadcast`, script: page.script },
    renderFrame(
      page,
      'session',
      markup`<header class="bar">
        <a class="back" href="/" aria-label="All threads">${icon('back')}</a>
        <h1 dir="auto">${showHidden(title, 'prose')}</h1>
        ${renderBadge({ state: page.state, agentName: session.agentName, sessionId: null })}
      </header>
      ${renderFacts(session, page.threads)}
      <div id="messages" role="log" aria-label="Turns" aria-live="off"${stream}>
        ${renderTurns(id, page.turns)}
        ${page.turns.turns.length === 0 && EMPTY}
      </div>
      <div class="below">
        ${TO_END}
        ${cursor === null && markup`<p class="older"><a class="button" href="/sessions/${id}">Newest turns</a></p>`}
        ${page.asks}
        ${renderQueue(page.queue)}
        ${cursor !== null && renderWriting(page)}
      </div>`,
    ),
  );
}

/** A thread of our own is where it is written to; for all other sessions it is here. */
function renderWriting({ session, threads, deliveryId }: SessionPage): Html {
  const own = threads.find(({ surface }) => surface === 'web')?.url;
  if (own !== undefined) {
    return markup`<p class="older"><a class="button" href="${own}#text">Write in its thread</a></p>`;
  }
  const places = [...new Set(threads.map(({ surface }) => placeName(surface)))];
  const shown = places.length > 0 ? ` ${places.join(' and ')} will show it too.` : '';
  return renderComposer(`/web/sessions/${session.id}/prompts`, deliveryId, {
    placeholder: `Write to the agent…${shown}`,
    send: 'Send',
    commands: false,
  });
}

const EMPTY = markup`<p class="empty">Nothing has run here yet. The first turn appears as soon as it begins.</p>`;

/** Turns, and the way to earlier ones above them. */
export function renderTurns(id: SessionId, { turns, earlier }: ShownTurns): Html {
  const link =
    earlier !== null &&
    markup`<p id="earlier"><a class="button small" href="/sessions/${id}?before=${earlier.before}" data-earlier="/web/sessions/${id}/turns?before=${earlier.before}">${earlier.count} earlier ${earlier.count === 1 ? 'turn' : 'turns'}</a></p>`;
  return markup`${link}${turns.map(renderSessionTurn)}`;
}

/** What waits for an answer, and where on the page; empty (but there) when nothing does. */
export function renderAsks(
  pending: readonly Extract<ResolvedView, { kind: 'permission' }>[],
  approvalUrl: PermissionButtons['approvalUrl'],
): Html {
  if (pending.length === 0) return markup`<section id="asks" hidden></section>`;
  const items = pending.map((view) => {
    const { requestId, promptId, code, toolCall } = view.permission;
    // One of no turn stands nowhere on the page.
    const url = promptId === null ? approvalUrl(view) : `#request-${requestId}`;
    const what = (toolCall.command ?? toolCall.title).slice(0, 120);
    return markup`<li><a href="${url}">${icon('hand')}<code class="code">${code}</code> <span class="title">${showHidden(what, 'prose')}</span></a></li>`;
  });
  return markup`<section id="asks" aria-label="Waiting for your answer"><ul>${items}</ul></section>`;
}

/** A part of a turn on a page of its own: for browsers without script. */
export function renderPartPage(script: string, session: SessionId, part: Html): string {
  return renderDocument(
    { title: 'Step · Threadcast', script },
    markup`<main class="alone wide"><p class="crumbs"><a href="/sessions/${session}">Session page</a></p>
      <div class="inside">${part}</div></main>`,
  );
}
