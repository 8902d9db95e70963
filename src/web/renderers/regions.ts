/**
 * The parts of the page that change beside the messages. Each is one element with an id; the
 * stream sends it whole and the page morphs it.
 */
import type { Prompt } from '../../core/model/session.ts';
import type { SessionId } from '../../core/model/ids.ts';
import type { Thread } from '../../core/model/thread.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';
import { icon, type IconName } from './icon.ts';

export type ThreadState =
  | 'new'
  | 'starting'
  | 'ready'
  | 'working'
  | 'waiting'
  | 'failed'
  | 'closing'
  | 'closed';

export interface ThreadSummary {
  readonly thread: Thread;
  readonly state: ThreadState;
  readonly agentName: string | null;
  /** Null while the thread has no session. */
  readonly sessionId: SessionId | null;
}

/** A session that lives elsewhere. */
export interface SessionSummary {
  readonly id: SessionId;
  readonly title: string;
  readonly place: string;
  readonly state: ThreadState;
}

export interface QueueState {
  readonly sessionId: SessionId;
  readonly paused: boolean;
  readonly waiting: readonly Prompt[];
}

const STATES: Readonly<Record<ThreadState, { icon: IconName; word: string }>> = {
  new: { icon: 'circle', word: 'new' },
  starting: { icon: 'box', word: 'starting' },
  ready: { icon: 'check', word: 'ready' },
  working: { icon: 'dots', word: 'working' },
  waiting: { icon: 'hand', word: 'waiting for you' },
  failed: { icon: 'alert', word: 'failed' },
  closing: { icon: 'stop', word: 'closing' },
  closed: { icon: 'stop', word: 'closed' },
};

function badge(state: ThreadState): Html {
  const { icon: name, word } = STATES[state];
  return markup`<span class="badge" data-state="${state}">${icon(name)}${word}</span>`;
}

export function renderThreads(list: readonly ThreadSummary[], current: string | null): Html {
  const items = list.map(({ thread, state, agentName }) => {
    const here = thread.id === current && markup` aria-current="page"`;
    return markup`<li id="thread-${thread.id}"><a href="/threads/${thread.id}"${here}>
        <span class="title" dir="auto">${showHidden(thread.title, 'prose')}</span>
        <span class="about">${badge(state)}${agentName !== null && markup`<span>${agentName}</span>`}</span>
      </a></li>`;
  });
  return markup`<ul id="threads">${items}${list.length === 0 && markup`<li class="note">No threads yet.</li>`}</ul>`;
}

/** Sessions of GitHub, Slack and programs; empty (but there) when there are none. */
export function renderElsewhere(list: readonly SessionSummary[]): Html {
  const items = list.map(
    ({ id, title, place, state }) =>
      markup`<li><a href="/sessions/${id}"><span class="title" dir="auto">${showHidden(title, 'prose')}</span>
        <span class="about">${badge(state)}<span>${place}</span></span></a></li>`,
  );
  return markup`<section id="elsewhere" aria-labelledby="elsewhere-title"${list.length === 0 && markup` hidden`}><h2 id="elsewhere-title">Sessions elsewhere</h2><ul>${items}</ul></section>`;
}

/** State of the open thread or session, in its header; on a thread with the way to its session. */
export function renderBadge(summary: Omit<ThreadSummary, 'thread'>): Html {
  const { sessionId } = summary;
  return markup`<span id="badge">${sessionId !== null && markup`<a class="whole-link" href="/sessions/${sessionId}">Session page</a>`}${badge(summary.state)}${
    summary.agentName !== null && markup`<span class="note">${summary.agentName}</span>`
  }</span>`;
}

/** What waits behind the running turn; empty (but there) when nothing does. */
export function renderQueue(queue: QueueState | null): Html {
  if (queue === null || (queue.waiting.length === 0 && !queue.paused)) {
    return markup`<section id="queue" aria-label="Queue" hidden></section>`;
  }
  const base = `/web/sessions/${queue.sessionId}`;
  const items = queue.waiting.map(
    (prompt, index) =>
      markup`<li id="queued-${prompt.id}">
        <span class="title" dir="auto">${showHidden(prompt.text.slice(0, 200), 'prose')}</span>
        <form method="post" action="${base}/prompts/${prompt.id}/cancel" data-async>
          <button class="small" aria-label="Cancel number ${index + 1} in line">Cancel</button>
        </form>
      </li>`,
  );
  const resume =
    queue.paused &&
    markup`<form method="post" action="${base}/queue/resume" data-async><button class="small">Resume</button></form>`;
  return markup`<section id="queue" aria-label="Queue">
    <header><h2>${queue.waiting.length} in line${queue.paused && ', paused'}</h2>${resume}</header>
    <ol>${items}</ol>
  </section>`;
}
