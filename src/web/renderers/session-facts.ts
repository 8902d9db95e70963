/** What a session is, above its turns: who started it, where it works, which threads show it. */
import type { Session } from '../../core/model/session.ts';
import { usageText } from '../../core/transcript/words.ts';
import { showHidden } from './hidden.ts';
import { markup, type Html } from './html.ts';
import { placeName, shownName } from './name.ts';
import { timeOfDay } from './time.ts';

/** A thread that shows the session; without `url` nobody knows where it is. */
export interface ThreadLink {
  readonly surface: string;
  /** What a link to it reads. */
  readonly name: string;
  readonly url: string | undefined;
}

export function renderFacts(session: Session, threads: readonly ThreadLink[]): Html {
  const { createdBy, createdAt, cwd, stateReason } = session;
  const usage = usageText(session.usage);
  const places = threads.map(({ name, url }) =>
    url === undefined
      ? markup`<li>${name}</li>`
      : markup`<li><a href="${url}" rel="noreferrer">${name}</a></li>`,
  );
  return markup`<section id="facts" aria-label="About this session">
    <p>Started by ${shownName(createdBy)} · ${placeName(createdBy.surface)} · ${timeOfDay(createdAt)}${
      cwd !== null && markup` · works in <code dir="ltr">${showHidden(cwd, 'code')}</code>`
    }${usage !== '' && ` · ${usage}`}</p>
    ${places.length > 0 && markup`<ul aria-label="Threads that show it">${places}</ul>`}
    ${stateReason !== null && markup`<p class="note">${showHidden(stateReason, 'code')}</p>`}
  </section>`;
}
