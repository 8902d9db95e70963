/** Whole pages. Server-rendered and usable without script, except that nothing then moves. */
import type { AgentTemplate } from '../../core/model/agent.ts';
import type { HostedMessage } from '../../core/ports/stores.ts';
import { renderDocument, renderNotes } from './document.ts';
import { markup, type Html } from './html.ts';
import { icon } from './icon.ts';
import { renderMessage } from './message.ts';
import {
  renderBadge,
  renderElsewhere,
  renderQueue,
  renderThreads,
  type QueueState,
  type SessionSummary,
  type ThreadSummary,
} from './regions.ts';
import { ownCommand } from '../../core/model/own-command.ts';

export interface PageFrame {
  readonly script: string;
  readonly list: readonly ThreadSummary[];
  /** What the reader may write, as a list of commands; null where nobody writes commands. */
  readonly help: Html | null;
}

/** `current`: id of the open thread; `home` and `session` are no threads. */
export function renderFrame(frame: PageFrame, current: string, main: Html): Html {
  const isSession = current === 'session';
  return markup`<a class="skip" href="#${isSession ? 'messages' : 'text'}">Skip to ${isSession ? 'the turns' : 'writing'}</a>
  <div class="frame" data-view="${current === 'home' ? 'home' : 'thread'}">
    <nav aria-label="Threads">
      <header>
        <a class="brand" href="/">Threadcast</a>
        <a class="button small" href="/"${current === 'home' && markup` aria-current="page"`}>${icon('plus')}New thread</a>
      </header>
      ${renderThreads(frame.list, current)}
      <form class="leave" method="post" action="/logout" data-async><button class="quiet small">Log out</button></form>
    </nav>
    <main>${main}</main>
  </div>
  ${renderNotes()}
  ${frame.help !== null && renderHelpDialog(frame.help)}`;
}

function renderHelpDialog(help: Html): Html {
  return markup`<dialog id="help" aria-labelledby="help-title">
    <header><h2 id="help-title">Commands</h2><form method="dialog"><button class="small" aria-label="Close help">${icon('cross')}</button></form></header>
    ${help}
    <p class="note"><kbd>Ctrl</kbd>+<kbd>Enter</kbd> or <kbd>⌘</kbd>+<kbd>Enter</kbd> sends, <kbd>?</kbd> opens this, <kbd>Esc</kbd> closes it.</p>
  </dialog>`;
}

/** Where to write. `agent`: the choice of one, on the page that begins threads. */
export function renderComposer(
  action: string,
  deliveryId: string,
  options: {
    readonly placeholder: string;
    readonly send: string;
    readonly agent?: Html;
    /** Whether lines that begin with a verb of ours are commands. */
    readonly commands: boolean;
  },
): Html {
  return markup`<form id="compose" method="post" action="${action}">
    <input type="hidden" name="id" value="${deliveryId}">
    ${options.agent}
    <label class="sr-only" for="text">Message</label>
    <textarea id="text" name="text" rows="2" required maxlength="200000" placeholder="${options.placeholder}" dir="auto"${options.agent !== undefined && markup` autofocus`}></textarea>
    <div class="tools">
      <span class="hint" id="sending" aria-live="polite"><kbd>Ctrl</kbd>+<kbd>Enter</kbd> sends</span>
      ${options.commands && markup`<button type="button" class="quiet" data-open="help" aria-haspopup="dialog">Commands</button>`}
      <button class="primary" id="send">${options.send}</button>
    </div>
  </form>`;
}

const EXAMPLE_HINT = markup`<p class="note">New here? The example agent needs no account. Send it <code>ask</code>, <code>plan</code> or <code>long</code>.</p>`;

export interface HomePage extends PageFrame {
  readonly agents: readonly AgentTemplate[];
  readonly defaultAgent: string | undefined;
  readonly elsewhere: readonly SessionSummary[];
  readonly deliveryId: string;
}

export function renderHome(page: HomePage): string {
  const options = page.agents.map(
    ({ id, name }) =>
      markup`<option value="${id}"${id === page.defaultAgent && markup` selected`}>${name}</option>`,
  );
  const agent = markup`<label class="agent">Agent <select name="agent">${options}</select></label>`;
  return renderDocument(
    { title: 'Threadcast', script: page.script },
    renderFrame(
      page,
      'home',
      markup`<div class="welcome">
        <h1>What should the agent do?</h1>
        <p class="note">It works in a thread of its own, shows what it does, and asks you when it needs permission.</p>
        ${renderComposer('/web/threads', page.deliveryId, {
          placeholder: 'Describe the task…',
          send: 'Start thread',
          agent,
          commands: true,
        })}
        ${page.agents.some(({ id }) => id === 'example') && EXAMPLE_HINT}
        ${renderElsewhere(page.elsewhere)}
      </div>`,
    ),
  );
}

/** Shown by the page's script to whoever has scrolled up. */
export const TO_END = markup`<button id="to-end" class="small" type="button" hidden>${icon('down')}To the end</button>`;

export interface ThreadPage extends PageFrame {
  readonly summary: ThreadSummary;
  readonly messages: readonly HostedMessage[];
  /** Where the live stream goes on from. */
  readonly cursor: number;
  readonly queue: QueueState | null;
  readonly deliveryId: string;
}

export function renderThread(page: ThreadPage): string {
  const { thread } = page.summary;
  return renderDocument(
    { title: `${thread.title} · Threadcast`, script: page.script },
    renderFrame(
      page,
      thread.id,
      markup`<header class="bar">
        <a class="back" href="/" aria-label="All threads">${icon('back')}</a>
        <h1 dir="auto">${thread.title}</h1>
        ${renderBadge(page.summary)}
      </header>
      <div id="messages" role="log" aria-label="Messages" aria-live="off" data-stream="/web/threads/${thread.id}/stream?after=${page.cursor}">${page.messages.map(renderMessage)}</div>
      <div class="below">
        ${TO_END}
        ${renderQueue(page.queue)}
        ${renderComposer(`/web/threads/${thread.id}/messages`, page.deliveryId, {
          placeholder: 'Write to the agent…',
          send: 'Send',
          commands: true,
        })}
      </div>`,
    ),
  );
}

/** For whoever is not logged in. Without script the code is pasted by hand. `next`: a path of ours. */
export function renderLogin(
  script: string,
  { problem, next }: { readonly problem?: string; readonly next?: string | undefined } = {},
): string {
  return renderDocument(
    { title: 'Log in · Threadcast', script },
    markup`<main class="alone">
      <h1>Log in to Threadcast</h1>
      ${problem !== undefined && markup`<p class="reason" role="alert">${icon('alert')} <span>${problem}</span></p>`}
      <p>Open the link that <code>${ownCommand('start')}</code> printed where the server runs. For a new one, run <code>${ownCommand('login')}</code> there.</p>
      ${next !== undefined && markup`<p class="note">Open it in this browser, or paste its code here: then you come back to the page that you were about to see.</p>`}
      <form id="login" method="post" action="/login">
        <label for="code">Code from the link (the part after <code>#</code>)</label>
        ${next !== undefined && markup`<input type="hidden" name="next" value="${next}">`}
        <input id="code" name="code" autocomplete="one-time-code" required spellcheck="false">
        <button class="primary">Log in</button>
      </form>
    </main>`,
  );
}

/** A sentence on a page of its own: errors, and answers to forms that were sent without script. */
export function renderSentence(script: string, title: string, sentence: string): string {
  return renderDocument(
    { title: `${title} · Threadcast`, script },
    markup`<main class="alone"><h1>${title}</h1><p>${sentence}</p><p><a href="/">All threads</a></p></main>`,
  );
}

/** Goes on to `location` at once, as a step within our own site. */
export function renderReload(script: string, location: string): string {
  const head = markup`<meta http-equiv="refresh" content="0;url=${location}">`;
  return renderDocument(
    { title: 'Threadcast', script, head },
    markup`<main class="alone"><p>One moment…</p></main>`,
  );
}
